import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { say, SetupError } from './say.mjs'

function alive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function holder(folder) {
  try {
    return Number(readFileSync(join(folder, 'pid'), 'utf8'))
  } catch {
    return undefined
  }
}

function ageMs(folder) {
  try {
    return Date.now() - statSync(folder).mtimeMs
  } catch {
    return 0
  }
}

/**
 * Two commands started at once (`npm start` and `npm test`) must not unpack or build into the same folder.
 * mkdir is the atomic step; a lock whose owner is gone is taken over.
 */
export async function withLock(folder, what, job) {
  mkdirSync(dirname(folder), { recursive: true })
  const deadline = Date.now() + 15 * 60_000
  let told = false
  for (;;) {
    try {
      mkdirSync(folder)
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const pid = holder(folder)
    // A folder without its pid file is between mkdir and write for a moment only.
    if (pid === undefined ? ageMs(folder) > 5000 : !alive(pid)) {
      rmSync(folder, { recursive: true, force: true })
      continue
    }
    if (!told) say(`waiting for process ${pid ?? '?'}, which is busy with: ${what}`)
    told = true
    if (Date.now() > deadline) {
      throw new SetupError(`${what}: process ${pid} has held ${folder} for 15 minutes. Stop it, or remove that folder.`)
    }
    await sleep(250)
  }
  writeFileSync(join(folder, 'pid'), String(process.pid))
  try {
    return await job()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
