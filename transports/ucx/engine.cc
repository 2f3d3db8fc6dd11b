// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "engine.h"

#include <utility>

namespace stretto::ucx {
namespace {

constexpr unsigned kMessage = 1;  // the one active message; headers tell kinds apart

ucs_status_t on_message(void* receiver, const void* header, size_t header_length, void* data, size_t length,
                        const ucp_am_recv_param_t* parameters) {
  const bool rendezvous = (parameters->recv_attr & UCP_AM_RECV_ATTR_FLAG_RNDV) != 0;
  Arrival arrival{{static_cast<const std::byte*>(header), header_length}, data, length, rendezvous};
  if (header_length == 0 && !rendezvous) arrival = {{static_cast<const std::byte*>(data), length}, nullptr, 0, false};
  const bool kept = static_cast<Receiver*>(receiver)->arrived(arrival);
  return kept ? UCS_INPROGRESS : UCS_OK;
}

// Of the kinds that may be stated, UCX from 1.16 on believes the host's alone, and finds out any other by itself. What
// a registration says it believes.
void place(ucp_request_param_t& parameters, const Registration* device) {
  parameters.op_attr_mask |= UCP_OP_ATTR_FIELD_MEMORY_TYPE;
  parameters.memory_type = device == nullptr ? UCS_MEMORY_TYPE_HOST : UCS_MEMORY_TYPE_CUDA;
  if (device == nullptr) return;
  parameters.op_attr_mask |= UCP_OP_ATTR_FIELD_MEMH;
  parameters.memh = device->raw();
}

}  // namespace

Engine::Engine(const Context& context, Receiver& receiver) {
  ucp_worker_params_t parameters{};
  parameters.field_mask = UCP_WORKER_PARAM_FIELD_THREAD_MODE;
  parameters.thread_mode = UCS_THREAD_MODE_SERIALIZED;
  must(ucp_worker_create(context.raw(), &parameters, &raw_), "UCX could not make a worker");
  try {
    must(ucp_worker_get_efd(raw_, &event_descriptor_), "UCX has no wake-ups with these transports");
    ucp_worker_attr_t attributes{};
    attributes.field_mask = UCP_WORKER_ATTR_FIELD_MAX_AM_HEADER;
    must(ucp_worker_query(raw_, &attributes), "UCX could not tell how long headers may be");
    most_header_bytes_ = attributes.max_am_header;
    ucp_am_handler_param_t handler{};
    handler.field_mask = UCP_AM_HANDLER_PARAM_FIELD_ID | UCP_AM_HANDLER_PARAM_FIELD_CB |
                         UCP_AM_HANDLER_PARAM_FIELD_ARG | UCP_AM_HANDLER_PARAM_FIELD_FLAGS;
    handler.id = kMessage;
    handler.cb = &on_message;
    handler.arg = &receiver;
    handler.flags = UCP_AM_FLAG_WHOLE_MSG;
    must(ucp_worker_set_am_recv_handler(raw_, &handler), "UCX has no active messages with these transports");
  } catch (...) {
    ucp_worker_destroy(raw_);
    throw;
  }
}

Engine::~Engine() { ucp_worker_destroy(raw_); }

std::vector<std::byte> Engine::address() const {
  ucp_address_t* address = nullptr;
  size_t size = 0;
  must(ucp_worker_get_address(raw_, &address, &size), "UCX could not tell its address");
  const auto* bytes = reinterpret_cast<const std::byte*>(address);
  std::vector<std::byte> copy(bytes, bytes + size);
  ucp_worker_release_address(raw_, address);
  return copy;
}

// What else than "busy" it may answer (an error of a socket) is for progress to find.
bool Engine::arm() { return ucp_worker_arm(raw_) == UCS_OK; }

void Engine::start(Operation& operation, ucp_request_param_t& parameters) {
  operation.engine_ = this;
  operation.running_ = true;
  ++running_;
  parameters.op_attr_mask |= UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA;
  parameters.user_data = &operation;
}

void Engine::end(Operation& operation, ucs_status_t status) {
  operation.running_ = false;
  --operation.engine_->running_;
  operation.ended_(operation.owner_, result_of(status));
}

void Engine::settle(Operation& operation, ucs_status_ptr_t request) {
  if (!UCS_PTR_IS_PTR(request)) end(operation, UCS_PTR_STATUS(request));
}

void Engine::fetch(Operation& operation, void* descriptor, void* to, uint64_t bytes, const Registration* device) {
  ucp_request_param_t parameters{};
  place(parameters, device);
  start(operation, parameters);
  parameters.cb.recv_am = [](void* request, ucs_status_t status, size_t /*length*/, void* data) {
    ucp_request_free(request);
    end(*static_cast<Operation*>(data), status);
  };
  settle(operation, ucp_am_recv_data_nbx(raw_, descriptor, to, bytes, &parameters));
}

Endpoint::Endpoint(Engine& engine, std::span<const std::byte> address, Failed failed, void* owner)
    : engine_(engine), failed_(failed), owner_(owner) {
  ucp_ep_params_t parameters{};
  parameters.field_mask =
      UCP_EP_PARAM_FIELD_REMOTE_ADDRESS | UCP_EP_PARAM_FIELD_ERR_HANDLING_MODE | UCP_EP_PARAM_FIELD_ERR_HANDLER;
  parameters.address = reinterpret_cast<const ucp_address_t*>(address.data());
  parameters.err_mode = UCP_ERR_HANDLING_MODE_PEER;
  parameters.err_handler.cb = &Endpoint::failed;
  parameters.err_handler.arg = this;
  must(ucp_ep_create(engine.raw(), &parameters, &raw_),
       "UCX reaches it by none of the transports that both have (transport.ucx.tls, devices, UCX_* variables)");
}

void Endpoint::failed(void* self, ucp_ep_h /*endpoint*/, ucs_status_t status) {
  const auto& endpoint = *static_cast<Endpoint*>(self);
  endpoint.failed_(endpoint.owner_, result_of(status));
}

RemoteKey Endpoint::unpack(std::span<const std::byte> key) const {
  ucp_rkey_h raw = nullptr;
  must(ucp_ep_rkey_unpack(raw_, key.data(), &raw), "UCX could not use a key");
  return RemoteKey(raw);
}

void Engine::sent(void* request, ucs_status_t status, void* operation) {
  ucp_request_free(request);
  end(*static_cast<Operation*>(operation), status);
}

void Endpoint::send(Operation& operation, std::span<const std::byte> header, const void* payload, uint64_t bytes,
                    Protocol protocol, const Registration* device) {
  ucp_request_param_t parameters{};
  place(parameters, device);
  parameters.op_attr_mask |= UCP_OP_ATTR_FIELD_FLAGS;
  parameters.flags = protocol == Protocol::eager ? UCP_AM_SEND_FLAG_EAGER : UCP_AM_SEND_FLAG_RNDV;
  engine_.start(operation, parameters);
  parameters.cb.send = &Engine::sent;
  engine_.settle(operation, ucp_am_send_nbx(raw_, kMessage, header.data(), header.size(), payload, bytes, &parameters));
}

// UCX copies a payload at once where it gathers a header and a payload.
void Endpoint::say(Operation& operation, std::span<const std::byte> header) {
  send(operation, {}, header.data(), header.size(), Protocol::eager);
}

void Endpoint::get(Operation& operation, void* to, uint64_t bytes, uint64_t from, const RemoteKey& key) {
  ucp_request_param_t parameters{};
  place(parameters, nullptr);
  engine_.start(operation, parameters);
  parameters.cb.send = &Engine::sent;
  engine_.settle(operation, ucp_get_nbx(raw_, to, bytes, from, key.raw(), &parameters));
}

void Endpoint::put(Operation& operation, const void* from, uint64_t bytes, uint64_t to, const RemoteKey& key) {
  ucp_request_param_t parameters{};
  place(parameters, nullptr);
  engine_.start(operation, parameters);
  parameters.cb.send = &Engine::sent;
  engine_.settle(operation, ucp_put_nbx(raw_, from, bytes, to, key.raw(), &parameters));
}

void Endpoint::flush(Operation& operation) {
  ucp_request_param_t parameters{};
  engine_.start(operation, parameters);
  parameters.cb.send = &Engine::sent;
  engine_.settle(operation, ucp_ep_flush_nbx(raw_, &parameters));
}

void Endpoint::close(Operation& operation, bool by_force) {
  ucp_request_param_t parameters{};
  parameters.op_attr_mask = UCP_OP_ATTR_FIELD_FLAGS;
  parameters.flags = by_force ? UCP_EP_CLOSE_FLAG_FORCE : 0;
  engine_.start(operation, parameters);
  parameters.cb.send = &Engine::sent;
  engine_.settle(operation, ucp_ep_close_nbx(std::exchange(raw_, nullptr), &parameters));
}

}  // namespace stretto::ucx
