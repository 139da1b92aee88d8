/**
 * A small tick changes about five pages, so 4 KiB write half of what 8 KiB would to the disk of an edge box, day and night; large
 * ticks were measured equally fast with 4, 8 and 16 KiB.
 */
export const pageSize = 4096

/** Layout of the write-ahead log: sqlite.org/walformat.html, section 1. It stays readable under a cipher. */
export const walHeaderBytes = 32
export const frameHeaderBytes = 24
export const frameBytes: number = frameHeaderBytes + pageSize
