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
  /** Pre-trigger ring per waveform point, seconds, for live views; longer where an alarm's capture needs it. */
  ringS: 15,
  /** Shares of the data folder's disk that are free. */
  disk: {
    /** People are told. */
    warn: 0.1,
    /** Retention takes more than the plant file asks, within its rules, until `warn` is free again. */
    thin: 0.08,
    /** No more captures. */
    captures: 0.05,
    /** Values and features wait in memory: what is left is for alerts, gaps and what was delivered. */
    values: 0.01,
    /** A step is left when this many times its share is free, so that it does not flicker. */
    leaveAt: 1.2,
    /** Room that is set aside while there is plenty, and given up below `values`. */
    reserveShare: 0.002,
    reserveAtMostBytes: 64 * 1024 * 1024,
    checkMs: 2000,
    /** After the twin found the disk full: how long it is taken for that, whatever the disk says. */
    refusedMs: 10_000,
  },
  /** Captures that wait for the end of their window; what is asked for beyond it is counted and said. */
  capturesPending: 256,
  /** Publish requests outstanding per session (node-opcua adds 5 at each reconnect unless capped). */
  publishRequests: 5,
  /** Monitored items created per call, before the server's own limit is applied. */
  itemsPerCall: 500,
  /** Bytes one notification message may carry; maxNotificationsPerPublish follows from it. */
  notificationBytes: 8 * 1024 * 1024,
  /** Listening for servers that dial out: whoever reaches the port can send anything. */
  reverse: {
    /** Sockets that have not said who they are; beyond it the oldest is refused and counted. */
    silentSockets: 16,
    /** In which the whole ReverseHello has to come, however slowly it drips. */
    helloMs: 5_000,
    /** Calls of one server kept until they are needed, one from each address. */
    heldPerServer: 4,
    /** Silence after which the system asks whether a kept one is still there. */
    probeMs: 15_000,
  },
  /** Events of alarms a server is asked to queue; it may hold fewer. Beyond it the present alarms are asked for anew. */
  serverEventQueue: 10_000,
  /** Rows of their journal that wait while the twin refuses them; beyond it the oldest go, and a row says so. */
  serverAlarmEntries: 20_000,
  /** Alarms of servers a window is sent, the most urgent first; how many more there are is said. */
  serverAlarmsShown: 500,
  /** Seconds of a short outage that server-side queues bridge. */
  outageToBridgeS: 60,
  /** Frames a window may have unconfirmed per subscription. */
  frameCredits: 2,
  /** Subscriptions one window may hold. */
  subscriptionsPerWindow: 64,
  /** Bytes of one protocol message accepted from a window; what is larger is refused with a sentence, and reported. */
  windowMessageBytes: 1024 * 1024,
  /** Of a recording that is brought in: 8 million samples of float32, five minutes at 25.6 kHz. */
  windowFileBytes: 32 * 1024 * 1024,
  /** Of a bundle of machines (16 million characters, of two bytes), or of changes of 5,000 points. */
  windowPlantBytes: 32 * 1024 * 1024,
  /** Time to confirm a value that is to be written to the plant, where the plant file does not say. */
  writeConfirmS: 30,
  /** Entries of the audit trail that wait while the twin refuses them; beyond it what would need one is refused. */
  auditWaiting: 1_000,
  health: {
    /** Entries that wait for the twin to take them; beyond it the oldest go, and it is counted. */
    waiting: 20_000,
    /** Entries of a point's log after which all that its monitor knows is stored and the log before it removed. */
    logEntries: 144,
    /** After the advisory model has stopped: the next start, and how long it waits at most after further ones. */
    restartMs: 2_000,
    restartAtMostMs: 60_000,
    /** Rows of one snapshot: medians of more are not better by anything that could be seen. */
    rowsPerSnapshot: 30,
  },
  /** Outbox rows in one delivered batch. */
  outboxBatchRows: 2_000,
  /** Long reads of the twin (trends, exports, past moments) that may wait; beyond it a read is refused with `busy`. */
  longReads: 64,
  /** Spectra, files and imports that the plot thread may have waiting; beyond it one is refused with `busy`. */
  plotTasks: 32,
  /** Edits of the plant file that its thread may have waiting to be looked at; beyond it one is refused with `busy`. */
  plantTexts: 32,
  /** Rows one read may return before it is cut with a cursor. */
  readRows: 50_000,
  /** Rows of the logs that tell past states. The oldest go, with a row that says so; they also go with the events' age. */
  stateLogRows: {
    /** 500 machines that start and stop three times a day for 1.8 years; 200 MB with their index. */
    runStates: 2_000_000,
    /** One in five minutes for ten years; 80 MB with four cursors each. */
    deliveries: 1_052_000,
  },
  compaction: {
    /** Ticks without a chunk that start a run: two minutes. */
    ticks: 600,
    /**
     * Samples that start one earlier: about 11 bytes of memory each, and what a trend has to look through behind the chunks. With
     * 3 million a value of 10,000 points cost 0.7 us of compaction in place of 1.5, but a trend 49 ms cold and 35 warm (p95) in
     * place of 13 and 2, where 30 and 10 are wanted.
     */
    samples: 750_000,
    /** A chunk with as many is closed and never rewritten; larger ones save little (1.4 bytes a sample at 2000, 1.3 at 8000). */
    chunkSamples: 1024,
    /** Chunks of one level that are merged into one of the next. */
    fanOut: 8,
    /** Runs whose samples wait in segments where they do not fill chunks earlier; a trend looks into one of each. */
    segmentRuns: 16,
    /** Work between two looks at the commits that wait, where the writer compacts by itself. */
    sliceMs: 8,
    /** Ticks to wait after the disk refused or a batch could not be read. */
    ticksAfterFailure: 600,
    /** Groups of chunks on their way to the writer; each has about 64. */
    writesAhead: 3,
    /** Backlog, in runs, from which commits wait for compaction, and how long each may. */
    backlogWindows: 2,
    holdBackMs: 250,
    /** How often the log is looked at, the pages in it that start a checkpoint (8 MiB), and those at which a commit does it. */
    checkpointEveryMs: 1000,
    checkpointPages: 2048,
    checkpointAtMostPages: 32_768,
  },
  /** From one daily backup of the twin to the next. */
  backupEveryMs: 24 * 3_600_000,
  /** Daily backups kept, where the plant file does not say (backup.keep). */
  backupsKept: 3,
  /** A start has better things to do first. */
  backupSettleMs: 600_000,
  /** After one that failed. */
  backupRetryMs: 3_600_000,
  /** Age of the newest backup from which the problem list speaks of it. */
  backupOverdueMs: 36 * 3_600_000,
  /** How long a recovery stays on the problem list. */
  recoveryShownMs: 7 * 24 * 3_600_000,
} as const
