/** Real paths (the permission model compares those) of what the engine may touch. */
export interface EngineGrants {
  application: string
  dataDir: string
  plantFile: string
  /** Folder destinations of the plant file, with the folders they lie in. */
  destinations: readonly { folder: string; parent: string }[]
  /** The engine's entry. */
  script: string
}

/**
 * For glibc's allocator (others do not look at them), which keeps a pool for each thread and, left alone, serves ever larger
 * buffers from it. Samples, pages and packed columns of a dozen threads leave holes there that are never given back: 5,000 points
 * and 32 channels took 492 MB after a minute and 555 after four and a half. With two pools in all, and buffers from 128 KiB on
 * as mappings of their own, 422 after one and two and a half minutes, at the same processor time (2.24 without and 2.28 us a value
 * with, side by side at 30,000 values/s; 293 and 262 MB).
 */
export const engineMemory: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '131072',
}

/**
 * The engine's command line under Node's permission model: it reads the application, the data folder and the plant file,
 * writes the data folder, the plant file and folder destinations, and starts no process. Defence in depth, not a
 * sandbox: add-ons and worker threads are allowed, of which Node itself says that they can undo it.
 *
 * The parent of a destination is readable, so that one that was taken away can be told from one that never existed. Node
 * grants what is in a folder only if the folder is there when the process starts; one that is made later, or that a file
 * has taken the place of, needs its inside named (tried: ERR_ACCESS_DENIED for the first object).
 */
export function engineArguments({ application, dataDir, plantFile, destinations, script }: EngineGrants): string[] {
  const folders = destinations.flatMap(({ folder }) => [folder, `${folder}/*`])
  const read = [application, dataDir, plantFile, ...folders, ...destinations.map(({ parent }) => parent)]
  const write = [dataDir, plantFile, ...folders]
  return [
    '--permission',
    '--allow-addons',
    '--allow-worker',
    // Node warns at each start that add-ons and workers weaken the model; docs/ARCHITECTURE.md says so once.
    '--disable-warning=SecurityWarning',
    ...[...new Set(read)].map((place) => `--allow-fs-read=${place}`),
    ...[...new Set(write)].map((place) => `--allow-fs-write=${place}`),
    // Nothing is allocated per value: a larger young generation would only hold more of what is dead (measured: 64 MB cost
    // 150 MB of memory and made V8 mark the whole heap once a second, since that much had to fit below its limit).
    '--max-semi-space-size=4',
    // A heap that hardly grows gets a limit 9 MB above its size, and the socket's buffers count against it: with 60 % it is
    // marked once in half a minute in place of once a second (measured, 50,000 values/s).
    '--heap-growing-percent=60',
    '--enable-source-maps',
    script,
  ]
}
