/* SPDX-FileCopyrightText: stretto contributors
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef STRETTO_ABI_H
#define STRETTO_ABI_H

/* The binary boundary between the host (stretto's core) and plugins: C11, version 0.
 *
 * Rules that hold everywhere below:
 * - A struct starts with `size`, the bytes its maker knew of. Structs grow only at the end. The reader accepts any
 *   size from the first version's up, reads no further than `size`, and takes what is missing as zero.
 * - An array of growable structs is an array of pointers.
 * - A function that can fail returns a stretto_code and, unless it is STRETTO_OK, has put one message into the sink.
 *   The host owns and copies it. No exception crosses the boundary.
 * - A missing (NULL) function means "unimplemented", unless its comment says that it is required.
 * - Text is UTF-8, zero-terminated. What a plugin's static tables point to lives as long as the process.
 * - `deadline` is an absolute time in ns on CLOCK_MONOTONIC, STRETTO_NO_DEADLINE for none. Every call that may wait has
 *   one, or is ended by `abort`.
 * - Of the actors of one run that share a process, one at a time is in `open` of a device or transport, and all devices
 *   are open before the first transport is. A library may set itself up there that does not bear two threads.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STRETTO_ABI_VERSION 0
#define STRETTO_MAX_RANK 8
#define STRETTO_NO_DEADLINE INT64_MAX

typedef enum stretto_code {
  STRETTO_OK = 0,
  STRETTO_INVALID_ARGUMENT = 1, /* the caller asked for something wrong: mend the request */
  STRETTO_UNAVAILABLE = 2,      /* a device, library or peer is not there: nothing is broken */
  STRETTO_OVERLOADED = 3,       /* no room now, or a size over its limit: later, or with more room, it works */
  STRETTO_DISCONNECTED = 4,     /* a peer is gone */
  STRETTO_TIMED_OUT = 5,        /* the deadline passed */
  STRETTO_CANCELLED = 6,        /* abort or close ended the call */
  STRETTO_INTERNAL = 7,         /* a defect */
  STRETTO_UNIMPLEMENTED = 8     /* this component does not offer the call */
} stretto_code;

/* Receives the message of a failed call. Any thread; the text is copied before `report` returns. */
typedef struct stretto_sink {
  uint32_t size;
  void* context;
  void (*report)(void* context, const char* text, size_t length);
} stretto_sink;

/* ---- values ------------------------------------------------------------------------------------------------- */

/* Same layout and codes as DLPack's DLDataType: 0 int, 1 uint, 2 float, 4 bfloat, 6 bool. */
typedef struct stretto_dtype {
  uint8_t code;
  uint8_t bits;
  uint16_t lanes;
} stretto_dtype;

/* What is known of a value before anything runs. A dimension of -1 is dynamic; then max_bytes bounds the value. */
typedef struct stretto_spec {
  uint32_t size;
  stretto_dtype dtype;
  int32_t rank;
  uint32_t flags; /* STRETTO_SPEC_TEXT */
  int64_t shape[STRETTO_MAX_RANK];
  uint64_t max_bytes; /* 0: not known */
} stretto_spec;
#define STRETTO_SPEC_TEXT 1u /* u8 data that a person reads as text */

/* One value in an execution: dense, row-major, in the memory of the actor's device. */
typedef struct stretto_tensor {
  uint32_t size;
  stretto_dtype dtype;
  int32_t rank;
  uint32_t reserved;
  int64_t shape[STRETTO_MAX_RANK];
  void* data;
  uint64_t capacity; /* bytes that data has room for */
} stretto_tensor;

/* ---- options and settings ----------------------------------------------------------------------------------- */

typedef enum stretto_type {
  STRETTO_BOOLEAN = 1,
  STRETTO_INTEGER = 2,
  STRETTO_REAL = 3,
  STRETTO_TEXT = 4,
  STRETTO_BYTES = 5,    /* integer; in TOML also "64 MiB" */
  STRETTO_SECONDS = 6,  /* real; in TOML also "10 ms" */
  STRETTO_DTYPE = 7,    /* text, a dtype's name */
  STRETTO_INTEGERS = 8, /* list; also the type of shapes */
  STRETTO_REALS = 9,    /* list */
  STRETTO_TEXTS = 10    /* list */
} stretto_type;

/* The static schema of one option of a component or one argument of an op. The host checks TOML against it. */
typedef struct stretto_option {
  uint32_t size;
  int32_t type; /* stretto_type */
  const char* name;
  const char* help;
  const char* fallback; /* the default as TOML text; NULL: none */
  const char* choices;  /* "a|b|c" for STRETTO_TEXT; NULL: any */
  double minimum;       /* inclusive, NaN for none; for lists, of each element */
  double maximum;
  int32_t required; /* 1: an error where absent */
} stretto_option;

/* One option's value. Only the member of its type is meaningful; lists use `count`. */
typedef struct stretto_setting {
  uint32_t size;
  int32_t type;
  const char* name;
  int64_t integer;  /* BOOLEAN, INTEGER, BYTES */
  double real;      /* REAL, SECONDS */
  const char* text; /* TEXT, DTYPE */
  const int64_t* integers;
  const double* reals;
  const char* const* texts;
  uint64_t count;
} stretto_setting;

typedef struct stretto_settings {
  uint32_t size;
  uint32_t count;
  const stretto_setting* const* items; /* defaults are filled in; an absent option without default is not there */
} stretto_settings;

/* ---- devices ------------------------------------------------------------------------------------------------ */

typedef struct stretto_device stretto_device;
typedef struct stretto_lane stretto_lane;
typedef struct stretto_semaphore stretto_semaphore;
typedef struct stretto_capture stretto_capture; /* work of one lane, recorded to be enqueued again and again */

/* A documented native value of a device, so that the boundary needs no vendor's type.
 * A blocking device: kind "host", value 0: the calling thread is the lane. */
typedef struct stretto_native {
  uint32_t size;
  int32_t index;         /* of the device */
  const char* kind;      /* the device's memory kind: says how to read `value` */
  uint64_t value;        /* the lane: e.g. a CUstream */
  uint64_t device_value; /* the device: e.g. a CUcontext */
} stretto_native;

/* A device's lane calls block the calling thread: it is the lane. Without it they enqueue and return. */
#define STRETTO_DEVICE_BLOCKING 1u
/* The host may read and write the device's memory. */
#define STRETTO_DEVICE_HOST_ACCESSIBLE 2u
/* Actors on one and the same device, of one or of several processes of this host, can use each other's memory in place
 * and order their lanes by words in host memory: allocate_exported and what follows it. Not with BLOCKING. */
#define STRETTO_DEVICE_EXPORTS 4u
/* What tells where exported memory lies: plain bytes, of meaning to the same component alone. */
#define STRETTO_EXPORT_BYTES 256
/* capture_begin to capture_close; and the option `capture`, "auto", "on" or "off", which tells the host whether to call
 * them. */
#define STRETTO_DEVICE_CAPTURES 8u

typedef struct stretto_device_open {
  uint32_t size;
  int32_t index;
  const stretto_settings* settings;
} stretto_device_open;

typedef struct stretto_device_api {
  uint32_t size;
  uint32_t flags;
  const char* memory_kind; /* "host" for memory that any thread may touch */
  /* Devices that can be opened here. 0 is an answer, with the reason in the sink. Required. */
  int32_t (*count)(int32_t* count, const stretto_sink* sink);
  int32_t (*open)(const stretto_device_open* request, stretto_device** device, const stretto_sink* sink); /* required */
  void (*close)(stretto_device* device); /* required; lanes, memory and semaphores are gone before */
  /* Every wait, present and future, on a lane or by a host thread ends with STRETTO_CANCELLED. Any thread. Required. */
  void (*abort)(stretto_device* device);
  /* Bytes aligned to 64 at least, readable when it returns. Required. */
  int32_t (*allocate)(stretto_device* device, uint64_t bytes, void** memory, const stretto_sink* sink);
  void (*free)(stretto_device* device, void* memory);
  int32_t (*pin)(stretto_device* device, void* memory, uint64_t bytes, const stretto_sink* sink);
  void (*unpin)(stretto_device* device, void* memory);
  /* priority 1: communication, 0: computation. Required, as is all that follows up to lane_copy. */
  int32_t (*lane_open)(stretto_device* device, const char* name, int32_t priority, stretto_lane** lane,
                       const stretto_sink* sink);
  void (*lane_close)(stretto_lane* lane); /* waits until the lane is empty, or aborted */
  int32_t (*lane_native)(stretto_lane* lane, stretto_native* native, const stretto_sink* sink);
  /* A timeline semaphore: a counter from 0 that only grows. */
  int32_t (*semaphore_open)(stretto_device* device, stretto_semaphore** semaphore, const stretto_sink* sink);
  /* Every call with it has returned, and no lane has work left that uses it. */
  void (*semaphore_close)(stretto_semaphore* semaphore);
  /* In lane order, after all earlier work: raises to at least `value`. */
  int32_t (*lane_signal)(stretto_lane* lane, stretto_semaphore* semaphore, uint64_t value, const stretto_sink* sink);
  /* Later work of the lane starts once the counter is at least `value`. */
  int32_t (*lane_wait)(stretto_lane* lane, stretto_semaphore* semaphore, uint64_t value, const stretto_sink* sink);
  int32_t (*host_signal)(stretto_semaphore* semaphore, uint64_t value, const stretto_sink* sink);
  int32_t (*host_wait)(stretto_semaphore* semaphore, uint64_t value, int64_t deadline, const stretto_sink* sink);
  /* In lane order; either side may be this device's memory or (pinned) host memory. */
  int32_t (*lane_copy)(stretto_lane* lane, void* destination, const void* source, uint64_t bytes,
                       const stretto_sink* sink);
  /* STRETTO_OK, or the asynchronous error that has ended this device. Never blocks. */
  int32_t (*status)(stretto_device* device, const stretto_sink* sink);
  /* Rough rates of one such device: they rank steps where nothing has been measured. 0: the host's default, which is
   * one core's. Optional. */
  double flops;          /* per second */
  double bandwidth;      /* bytes per second that ops read and write */
  double copy_bandwidth; /* bytes per second of lane_copy, to and from the host */
  double launch;         /* seconds that an op or a copy takes at least */
  /* For profilers: what the calling thread does or enqueues between the two is step `name` of `execution`. Ranges nest;
   * a push and its pop come from one thread. `name` stays valid as long as the lane. Never fail, never block. Optional.
   */
  void (*range_push)(stretto_lane* lane, const char* name, int64_t execution);
  void (*range_pop)(stretto_lane* lane);
  /* EXPORTS only, and required then. Any thread; the first three may block for as long as the driver takes. */
  /* As `allocate`, but writes to `exported` (STRETTO_EXPORT_BYTES bytes) what import_memory takes. `free` ends it: not
   * before every import in another process has been released. Where only the export to other processes is missing on
   * this system it succeeds, and their imports say why. */
  int32_t (*allocate_exported)(stretto_device* device, uint64_t bytes, void** memory, void* exported,
                               const stretto_sink* sink);
  /* Where that memory lies in this process: in the one that allocated it, at the same address. UNAVAILABLE, with the
   * reason and the mend, where it is another device's or this system does not let processes share it. */
  int32_t (*import_memory)(stretto_device* device, const void* exported, void** memory, const stretto_sink* sink);
  /* Once for each import_memory; no lane has work left that uses the memory. */
  void (*release_memory)(stretto_device* device, void* memory);
  /* A timeline semaphore whose counter is `word`: 8 bytes of host memory, aligned, the caller's until semaphore_close,
   * which other processes may have mapped too. Of all semaphores over one word one lane's signals raise it, in whatever
   * process that lane is; every lane may wait, also before the signal is issued. `abort` raises the word to INT64_MAX,
   * which ends the waits of all others too, and does so in vain once that lane's next signal comes: whoever aborts has
   * told them before, and they abort as well. */
  int32_t (*semaphore_at)(stretto_device* device, void* word, stretto_semaphore** semaphore, const stretto_sink* sink);
  /* CAPTURES only. What ops and lane_copy put on the lane up to capture_end is recorded, and does not run. One thread;
   * nothing else but capture_mark and capture_follow is called for the lane meanwhile. */
  int32_t (*capture_begin)(stretto_lane* lane, const stretto_sink* sink);
  /* Also where recording failed: then the lane is as it was before. May allocate and block. */
  int32_t (*capture_end)(stretto_lane* lane, stretto_capture** capture, const stretto_sink* sink);
  /* Enqueues all of it on its lane. Allocates nothing. */
  int32_t (*capture_launch)(stretto_capture* capture, const stretto_sink* sink);
  void (*capture_close)(stretto_capture* capture); /* its lane is closed */
  double capture;                                  /* seconds that capture_launch takes at least … */
  double captured;                                 /* … and each op and copy in it. Rates, as above */
  /* Between capture_begin and capture_end of any lane of the device. A mark says how far a lane has come in what is
   * recorded; marks of a lane grow from 1 in each recording. What follows the mark of another lane comes after all that
   * that lane had recorded by then, and a lane's first such call is what brings it into the recording: what ops, copies
   * and transports put on it is recorded too, up to capture_end of the first lane, which has followed the last mark of
   * each. The thread of that lane, for all of them. May allocate; never block. */
  int32_t (*capture_mark)(stretto_lane* lane, uint64_t mark, const stretto_sink* sink);
  int32_t (*capture_follow)(stretto_lane* lane, stretto_lane* other, uint64_t mark, const stretto_sink* sink);
} stretto_device_api;

/* ---- ops ---------------------------------------------------------------------------------------------------- */

#define STRETTO_PORT_LIST 1u     /* takes a list of values */
#define STRETTO_PORT_OPTIONAL 2u /* may be left out */

typedef struct stretto_port {
  uint32_t size;
  uint32_t flags;
  const char* name;
  const char* help;
} stretto_port;

/* One node's call, as compilation knows it. Inputs are flat: port by port, a list port's values in order. */
typedef struct stretto_call {
  uint32_t size;
  uint32_t input_count;
  const stretto_spec* const* inputs;
  const uint32_t* port_counts; /* values given to each port of the op, in the op's order */
  const stretto_settings* args;
  uint32_t member;       /* collective ops: whose call it is, counted in the order of the set */
  uint32_t member_count; /* 0: on one actor */
} stretto_call;

/* An op that is called on an ordered set of actors, once for each. Every member's call has the inputs of all, in the
 * order of the set: one value for each member, or, of STRETTO_BROADCAST, one for all. A transport with collectives may
 * do the same in the op's place, of inputs whose shapes are static: so each has one result, of the shape and the dtype
 * that its kind says. */
typedef enum stretto_collective_kind {
  STRETTO_ALL_REDUCE = 1,     /* each gets all inputs reduced to one, element by element */
  STRETTO_ALL_GATHER = 2,     /* each gets all inputs, one after the other along the first dimension */
  STRETTO_REDUCE_SCATTER = 3, /* member m of n gets the m-th n-th of what all_reduce gives, along the first dimension */
  STRETTO_BROADCAST = 4       /* each gets the one input */
} stretto_collective_kind;

typedef enum stretto_reduction {
  STRETTO_REDUCE_SUM = 1,
  STRETTO_REDUCE_PRODUCT = 2,
  STRETTO_REDUCE_MIN = 3,
  STRETTO_REDUCE_MAX = 4
} stretto_reduction;

/* What an op says of a call. The host makes it, with one result spec per result port, and zeroes it. */
typedef struct stretto_inference {
  uint32_t size;
  uint32_t result_count;
  stretto_spec* const* results;
  uint64_t workspace_bytes; /* device memory that each launch may scribble on */
  double flops;
  double bytes;      /* read and written */
  double seconds;    /* 0: estimate from flops and bytes */
  int32_t reduction; /* stretto_reduction, of collective ops that reduce */
  int32_t reserved;
} stretto_inference;

typedef struct stretto_launch {
  uint32_t size;
  uint32_t input_count;
  uint32_t result_count;
  uint32_t reserved;
  int64_t execution;
  const stretto_native* lane;
  const stretto_tensor* const* inputs;
  stretto_tensor* const* results; /* shapes filled in where static; a dynamic one is set by the op */
  void* workspace;
} stretto_launch;

#define STRETTO_OP_STATEFUL 1u /* keeps state between executions; launches happen in execution order */
/* Where shapes are static, a launch enqueues the same work in every execution that has the same memory: a device may
 * capture it. It then has been launched only once, for that. */
#define STRETTO_OP_CAPTURABLE 2u

typedef struct stretto_op {
  uint32_t size;
  uint32_t flags;
  const char* name; /* without the library's: "matmul" */
  const char* summary;
  uint32_t input_count;
  uint32_t result_count;
  uint32_t arg_count;
  uint32_t reserved;
  const stretto_port* const* inputs;
  const stretto_port* const* results;
  const stretto_option* const* args;
  /* Pure: no device, no clock, any thread. Fails with the reason when the call makes no sense. Required. */
  int32_t (*infer)(const stretto_call* call, stretto_inference* inference, const stretto_sink* sink);
  /* Makes the state of one node on one lane; may allocate and block. Required. */
  int32_t (*prepare)(const stretto_call* call, const stretto_native* lane, void** state, const stretto_sink* sink);
  /* Computes (blocking device) or enqueues. Never allocates or synchronises. A dynamic result larger than its
   * capacity: set its shape, write nothing, return STRETTO_OVERLOADED. Required. */
  int32_t (*launch)(void* state, const stretto_launch* launch, const stretto_sink* sink);
  void (*release)(void* state); /* required */
  int32_t collective;           /* stretto_collective_kind; 0: the op is called on one actor */
  int32_t reserved_collective;
} stretto_op;

/* The ops of one library for one kind of device. Components of one name and other devices are merged by op name. */
typedef struct stretto_op_library_api {
  uint32_t size;
  uint32_t op_count;
  const char* memory_kind; /* of the devices whose memory the ops work on */
  const stretto_op* const* ops;
} stretto_op_library_api;

/* ---- transports --------------------------------------------------------------------------------------------- */

typedef struct stretto_transport stretto_transport; /* one actor's instance */
typedef struct stretto_end stretto_end;             /* one actor's end of one channel */

#define STRETTO_TRANSPORT_STREAM_ORDERED 1u /* lane_send, lane_receive; else acquire, send, receive, release */
#define STRETTO_TRANSPORT_SHARES_SLOTS 2u   /* readers use the writer's slot in place; slots come from the transport */
#define STRETTO_TRANSPORT_MULTI_READER 4u
#define STRETTO_TRANSPORT_DYNAMIC 8u       /* the bytes of a message may vary up to the slot's size */
#define STRETTO_TRANSPORT_CARRIES_NOTE 16u /* send's note arrives with the message */
#define STRETTO_TRANSPORT_RENDEZVOUS 32u   /* a send and its receive are one joint transition */
#define STRETTO_TRANSPORT_GLOBAL_ORDER                                                                              \
  64u                                     /* all its steps of one actor form one lane, in one order over all actors \
                                           */
#define STRETTO_TRANSPORT_PROCESSES 128u  /* reaches other processes of this host */
#define STRETTO_TRANSPORT_HOSTS 256u      /* reaches other hosts */
#define STRETTO_TRANSPORT_THREADS 512u    /* reaches other actors of this process */
#define STRETTO_TRANSPORT_ALLOCATES 1024u /* slots in host memory are best taken from its `allocate`, then bound */
#define STRETTO_TRANSPORT_COLLECTIVES \
  2048u /* stream-ordered ones: lane_collective, for the memory kinds that it accepts */
#define STRETTO_TRANSPORT_DEVICE_SLOTS \
  4096u /* between actors on one device that EXPORTS, slots in its memory: offer_memory, offered_memory, word */
#define STRETTO_TRANSPORT_STAGES \
  8192u /* host-driven: what it accepts besides host memory, it may bring through host memory by itself */
#define STRETTO_TRANSPORT_GROUPS 16384u /* stream-ordered ones: group_begin, group_end */
/* Stream-ordered ones: what they enqueue may be recorded, by both ends of a message and all members of a collective or
 * by none; and the option `capture`, a boolean, which tells the host whether to. */
#define STRETTO_TRANSPORT_CAPTURABLE 32768u

typedef enum stretto_completion { /* when a SEND is complete, whatever the size */
                                  STRETTO_COMPLETES_ON_POST = 1,
                                  STRETTO_COMPLETES_ON_COPY = 2,
                                  STRETTO_COMPLETES_ON_MATCH = 3
} stretto_completion;

typedef struct stretto_transport_open {
  uint32_t size;
  uint32_t actor; /* this actor's number; numbers are dense from 0, the driver's is actor_count - 1 */
  uint32_t actor_count;
  uint32_t reserved;
  const stretto_settings* settings;
  const stretto_native* device; /* this actor's */
  /* The same device's calls and handle, for a host-driven transport that brings what lies in its memory through the
   * host's: it opens lanes and semaphores and pins memory of its own, and has given all of that back once it is closed.
   * NULL: the actor has no device (the driver). */
  const stretto_device_api* device_api;
  stretto_device* device_handle;
} stretto_transport_open;

typedef struct stretto_channel {
  uint32_t size;
  uint32_t id; /* the same number on every actor */
  uint32_t slots;
  uint32_t note_bytes;
  uint64_t slot_bytes;
  uint32_t writer; /* actor */
  uint32_t reader_count;
  const uint32_t* readers; /* actors, none twice */
  const char* name;        /* for messages */
  /* DEVICE_SLOTS: how many words the ends share. Then slot_bytes and note_bytes are 0: the slots lie in the memory of
   * the device that all its actors are on, the host orders them by the words, and of the calls on the ends it makes
   * those three alone. 0: a channel as any other. */
  uint32_t words;
  uint32_t reserved;
} stretto_channel;

/* A collective as a transport does it: a joint transition of all members, whose inputs are static and alike. */
typedef struct stretto_collective {
  uint32_t size;
  uint32_t id;       /* the same number on every actor; dense from 0 */
  int32_t kind;      /* stretto_collective_kind */
  int32_t reduction; /* stretto_reduction; 0: it reduces nothing */
  stretto_dtype dtype;
  uint32_t root;           /* of STRETTO_BROADCAST: the member whose input it is */
  uint64_t input_elements; /* of one member's input */
  uint32_t member_count;   /* 2 at least */
  uint32_t reserved;
  const uint32_t* members; /* actors, in the order of the set, none twice */
  const char* name;        /* for messages */
} stretto_collective;

/* What one actor tells the others while connecting: bytes and file descriptors (owned by the receiver of the call). */
typedef struct stretto_blob {
  uint32_t size;
  uint32_t descriptor_count;
  const int* descriptors;
  const void* bytes;
  uint64_t byte_count;
} stretto_blob;

typedef struct stretto_transport_api {
  uint32_t size;
  uint32_t flags;
  int32_t send_completion; /* stretto_completion */
  uint32_t memory_kind_count;
  const char* const* memory_kinds; /* that lanes or slots may have; "host" for host memory */
  uint64_t eager_bytes;            /* payloads up to this may travel before RECEIVE */
  /* Required: open, writer, reader, connect, abort, close. */
  int32_t (*open)(const stretto_transport_open* request, stretto_transport** transport, const stretto_sink* sink);
  /* Ends are made before connect and live until close. */
  int32_t (*writer)(stretto_transport* transport, const stretto_channel* channel, stretto_end** end,
                    const stretto_sink* sink);
  int32_t (*reader)(stretto_transport* transport, const stretto_channel* channel, stretto_end** end,
                    const stretto_sink* sink);
  /* Called in rounds 0, 1, … on every actor until all have set *done; in every round each actor's `mine` reaches all
   * others as `theirs[actor]` of the next round (round 0: NULL). `mine` stays valid until the next call; its
   * descriptors stay the transport's; those in `theirs` become the callee's to close. May block until `deadline`. */
  int32_t (*connect)(stretto_transport* transport, uint32_t round, const stretto_blob* const* theirs, uint32_t count,
                     stretto_blob* mine, int32_t* done, int64_t deadline, const stretto_sink* sink);
  /* SHARES_SLOTS only: where a slot lies in this process. After connect. */
  int32_t (*slot)(stretto_end* end, uint32_t slot, void** memory, const stretto_sink* sink);
  /* Without SHARES_SLOTS: the host's memory of a slot, to be registered; valid until close. Before connect. Optional.
   */
  int32_t (*bind)(stretto_end* end, uint32_t slot, void* memory, uint64_t bytes, const stretto_sink* sink);

  /* Host-driven transports. Slot = execution number modulo the channel's slots. Each end is used by one thread at a
   * time for each of the four; different ends concurrently. */
  /* Writer: waits until every reader has released the slot's previous execution. */
  int32_t (*acquire)(stretto_end* end, int64_t execution, int64_t deadline, const stretto_sink* sink);
  /* Writer: hands the slot's first `bytes` and the note to the readers. */
  int32_t (*send)(stretto_end* end, int64_t execution, uint64_t bytes, const void* note, int64_t deadline,
                  const stretto_sink* sink);
  /* Reader: waits for this execution's message; copies the note out (note_bytes). */
  int32_t (*receive)(stretto_end* end, int64_t execution, uint64_t* bytes, void* note, int64_t deadline,
                     const stretto_sink* sink);
  /* Reader: it no longer looks at this execution's slot. Never blocks. */
  int32_t (*release)(stretto_end* end, int64_t execution, const stretto_sink* sink);

  /* Stream-ordered transports. Enqueue on the native lane and return; on a blocking device they return when done. */
  int32_t (*lane_send)(stretto_end* end, const stretto_native* lane, const void* memory, uint64_t bytes,
                       const stretto_sink* sink);
  int32_t (*lane_receive)(stretto_end* end, const stretto_native* lane, void* memory, uint64_t bytes,
                          const stretto_sink* sink);
  /* GROUPS only. What lies between them is one joint transition and completes as one. */
  int32_t (*group_begin)(stretto_transport* transport, const stretto_sink* sink);
  int32_t (*group_end)(stretto_transport* transport, const stretto_sink* sink);

  /* Every call that waits, present and future, ends with STRETTO_CANCELLED. Any thread. */
  void (*abort)(stretto_transport* transport);
  void (*close)(stretto_transport* transport); /* destroys the ends too */

  /* ALLOCATES only: zeroed host memory for one slot, aligned to 64 bytes at least; the transport's own until close.
   * Before connect. A slot may lie elsewhere all the same, where two transports carry its value, say. */
  int32_t (*allocate)(stretto_transport* transport, uint64_t bytes, void** memory, const stretto_sink* sink);
  /* Rough rates from actor to actor: they rank steps where nothing has been measured. 0: the host's default. Optional.
   */
  double latency;   /* seconds of a RECEIVE whose message is there, besides its bytes */
  double bandwidth; /* bytes per second */

  /* COLLECTIVES only. Pure, no device: whether it can do this one; else STRETTO_UNIMPLEMENTED with the reason. NULL: it
   * can do every one. */
  int32_t (*offers_collective)(const stretto_collective* collective, const stretto_sink* sink);
  /* This actor's end of one. Before connect; lives until close. */
  int32_t (*collective)(stretto_transport* transport, const stretto_collective* collective, stretto_end** end,
                        const stretto_sink* sink);
  /* Enqueues this member's part, which ends once all members have come to theirs; on a blocking device returns when
   * done. `input` is NULL where the member has none; input and result do not overlap. */
  int32_t (*lane_collective)(stretto_end* end, const stretto_native* lane, const void* input, void* result,
                             const stretto_sink* sink);

  /* DEVICE_SLOTS only; none of them blocks. Pure, no device: whether channels may be so with these settings; else
   * STRETTO_UNIMPLEMENTED with the reason. NULL: always. */
  int32_t (*offers_device_slots)(const stretto_settings* settings, const stretto_sink* sink);
  /* Writer, before connect: what the readers have to know (STRETTO_EXPORT_BYTES bytes, copied). Required. */
  int32_t (*offer_memory)(stretto_end* end, const void* exported, const stretto_sink* sink);
  /* Reader, after connect: the same bytes. Required. */
  int32_t (*offered_memory)(stretto_end* end, void* exported, const stretto_sink* sink);
  /* Either, after connect: where a word lies in this process, zero at first; valid until close. Each has 64 bytes to
   * itself at least. Required. */
  int32_t (*word)(stretto_end* end, uint32_t index, void** word, const stretto_sink* sink);
} stretto_transport_api;

/* ---- schedulers --------------------------------------------------------------------------------------------- */

typedef enum stretto_step_kind {
  STRETTO_RECEIVE = 1,
  STRETTO_COMPUTE = 2,
  STRETTO_SEND = 3,
  STRETTO_COPY = 4,
  STRETTO_COLLECTIVE = 5
} stretto_step_kind;

/* A transition of the marked graph. Steps are numbered by their place in the problem's array. */
typedef struct stretto_step {
  uint32_t size;
  int32_t kind;
  uint32_t actor;
  int32_t node;     /* number in written order; -1 for the driver's steps */
  int32_t consumer; /* RECEIVE, COPY, SEND: the first node in written order that needs it; others: the node itself */
  int32_t channel;  /* RECEIVE, SEND: the channel; else -1 */
  int32_t joint;    /* steps with one number >= 0 are one joint transition */
  int32_t order;    /* steps with one number >= 0 on one actor must share one lane (a one-global-order transport) */
  int32_t resource; /* index into resources that it occupies; -1: none */
  int32_t reserved;
  double seconds; /* predicted duration */
} stretto_step;

/* `to` may run for execution i once `from` has run for i - tokens. */
typedef struct stretto_place {
  uint32_t size;
  uint32_t from;
  uint32_t to;
  int32_t tokens;
  int32_t ring; /* >= 0: slot reuse; the tokens are the slots of that ring */
} stretto_place;

#define STRETTO_ACTOR_ANY_ORDER 1u /* nodes may be reordered */
#define STRETTO_ACTOR_DRIVER 2u
#define STRETTO_ACTOR_BLOCKING 4u /* its device blocks: each lane is a thread */

typedef struct stretto_actor {
  uint32_t size;
  uint32_t flags;
  const char* name;
} stretto_actor;

/* The slots of a value on one actor: the writer's side of a channel, or a reader's where the transport copies. */
typedef struct stretto_ring {
  uint32_t size;
  uint32_t actor;
  uint32_t min_slots; /* a schedule may give from this many … */
  uint32_t max_slots; /* … to this many; the two are equal where the number is fixed */
  uint64_t slot_bytes;
} stretto_ring;

typedef struct stretto_resource {
  uint32_t size;
  uint32_t capacity;
  const char* name;
} stretto_resource;

typedef struct stretto_problem {
  uint32_t size;
  uint32_t step_count, place_count, actor_count, ring_count, resource_count;
  uint32_t inflight;
  const stretto_step* const* steps;
  const stretto_place* const* places;
  const stretto_actor* const* actors;
  const stretto_ring* const* rings;
  const stretto_resource* const* resources;
  const stretto_settings* settings;
} stretto_problem;

/* The host's side of the answer. Calls fail with STRETTO_INVALID_ARGUMENT on numbers out of range. */
typedef struct stretto_answer {
  uint32_t size;
  void* context;
  /* A new lane of an actor; lanes are numbered from 0. */
  int32_t (*lane)(void* context, uint32_t actor, const char* name, uint32_t* lane, const stretto_sink* sink);
  /* Appends a step to a lane, working in round r on execution r - offset. */
  int32_t (*step)(void* context, uint32_t lane, uint32_t step, int32_t offset, const stretto_sink* sink);
  /* A ring's slots; without the call it has min_slots. */
  int32_t (*slots)(void* context, uint32_t ring, uint32_t slots, const stretto_sink* sink);
  /* These steps, of one actor, are issued as one group. */
  int32_t (*group)(void* context, const uint32_t* steps, uint32_t count, const stretto_sink* sink);
} stretto_answer;

typedef struct stretto_scheduler_api {
  uint32_t size;
  uint32_t reserved;
  /* Pure and deterministic. Every step but the driver's must be given to exactly one lane of its actor. Required. */
  int32_t (*schedule)(const stretto_problem* problem, const stretto_answer* answer, const stretto_sink* sink);
} stretto_scheduler_api;

/* ---- components and plugins --------------------------------------------------------------------------------- */

typedef enum stretto_kind {
  STRETTO_TRANSPORT = 1,
  STRETTO_SCHEDULER = 2,
  STRETTO_DEVICE = 3,
  STRETTO_OP_LIBRARY = 4
} stretto_kind;

typedef struct stretto_component {
  uint32_t size;
  int32_t kind;
  const char* name;
  const char* summary;
  uint32_t option_count;
  uint32_t reserved;
  const stretto_option* const* options;
  const void* api; /* stretto_transport_api, stretto_scheduler_api, … by kind */
  /* What whoever looks for a fault wants to know of it on this machine: the library's version, what that found. One
   * call of `findings` for each. May block for a second; leaves nothing open. Optional. */
  int32_t (*examine)(const stretto_sink* findings, const stretto_sink* sink);
} stretto_component;

typedef struct stretto_plugin {
  uint32_t size;
  uint32_t abi_version; /* STRETTO_ABI_VERSION it was built with */
  const char* name;
  const char* version;
  uint32_t component_count;
  uint32_t reserved;
  const stretto_component* const* components;
  void (*shutdown)(void); /* before the process ends; the library is never unloaded. Optional. */
} stretto_plugin;

typedef struct stretto_host {
  uint32_t size;
  uint32_t abi_version;
  const char* version; /* stretto's */
  void* context;
  /* level 0 error, 1 warning, 2 note, 3 detail. Any thread. */
  void (*log)(void* context, int32_t level, const char* text);
  /* Another component, so that a plugin can wrap it. Not before the plugin's own query has returned. */
  int32_t (*open_component)(void* context, int32_t kind, const char* name, const stretto_component** component,
                            const stretto_sink* sink);
} stretto_host;

/* The one symbol that a plugin exports. `host` and what it points to outlive the plugin. */
typedef int32_t (*stretto_plugin_query)(const stretto_host* host, const stretto_plugin** plugin,
                                        const stretto_sink* sink);
#define STRETTO_PLUGIN_QUERY "stretto_plugin_query_v0"

#ifdef __cplusplus
}
#endif
#endif
