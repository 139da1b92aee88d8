/**
 * Every queue has a number, and a counter for when it was hit (house rule). Change a number here, nowhere else.
 */
export const limits = {
  /** One twin transaction per tick. 100-250 ms bounds the loss window of a kill and keeps synchronous=FULL affordable. */
  tickMs: 200,
  /** Scalars waiting for the writer; beyond it the oldest are dropped and a Gap `queue-full` says so. 100 k/s for 10 s. */
  scalarQueue: 1_000_000,
  /** Waveform blocks waiting for a DSP worker, over all points. */
  blockQueue: 512,
  /** Feature rows waiting for the writer while it refuses ticks; beyond it the oldest go and a Gap says so. */
  featureQueue: 20_000,
  /** Wait before a refused tick is handed in again. */
  tickRetryMs: 1000,
  /** Pre-trigger ring per waveform point, seconds. */
  ringS: 15,
  /** Publish requests outstanding per session (node-opcua adds 5 at each reconnect unless capped). */
  publishRequests: 5,
  /** Monitored items created per call, before the server's own limit is applied. */
  itemsPerCall: 500,
  /** Bytes one notification message may carry; maxNotificationsPerPublish follows from it. */
  notificationBytes: 8 * 1024 * 1024,
  /** Seconds of a short outage that server-side queues bridge. */
  outageToBridgeS: 60,
  /** Frames a window may have unconfirmed per subscription. */
  frameCredits: 2,
  /** Subscriptions one window may hold. */
  subscriptionsPerWindow: 64,
  /** Bytes of one protocol message accepted from a window. */
  windowMessageBytes: 1024 * 1024,
  /** Outbox rows in one delivered batch. */
  outboxBatchRows: 2_000,
  /** Rows one read may return before it is cut with a cursor. */
  readRows: 50_000,
} as const
