import { openForWriting } from '../database.ts'

// For tests: another process that would begin the log anew; says whether somebody's locks kept it from that.
const [file = '', hex = ''] = process.argv.slice(2)
const db = openForWriting(file, Uint8Array.from(Buffer.from(hex, 'hex')))
db.pragma('busy_timeout=0')
const [row] = db.pragma('wal_checkpoint(RESTART)') as { busy: number }[]
process.stdout.write(row?.busy === 1 ? 'kept out' : 'begun anew')
db.close()
