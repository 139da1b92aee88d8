import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { which } from './debian.mjs'
import { run } from './exec.mjs'
import { say, SetupError } from './say.mjs'

/**
 * Chromium's process sandbox needs unprivileged user namespaces, which Ubuntu 24.04 restricts by AppArmor, or its own
 * helper owned by root with the set-user-ID bit. Without either Chromium ends at once with a message about a "SUID
 * sandbox helper". Root gets no sandbox at all; start says so.
 */
async function usable(executable) {
  if (process.platform !== 'linux' || process.getuid() === 0) return true
  try {
    const helper = statSync(join(dirname(executable), 'chrome-sandbox'))
    if (helper.uid === 0 && (helper.mode & 0o4001) === 0o4001) return true
  } catch {
    // No helper in this runtime: namespaces decide.
  }
  const unshare = which('unshare')
  return unshare === undefined || (await run(unshare, ['--user', '--map-root-user', 'true'])).code === 0
}

export async function checkSandbox(executable) {
  const name = 'Chromium’s process sandbox'
  if (executable === undefined) return { name, ok: true, detail: 'looked at when Electron is there' }
  if (process.platform === 'linux' && process.getuid() === 0) {
    return { name, ok: true, detail: 'off, since this is root; an ordinary user has it on' }
  }
  if (await usable(executable)) return { name, ok: true, detail: 'can be used' }
  const helper = join(dirname(executable), 'chrome-sandbox')
  return {
    name,
    ok: false,
    detail: 'this system restricts user namespaces and the sandbox helper is not set up',
    remedy: `sudo chown root:root ${helper} && sudo chmod 4755 ${helper}`,
  }
}

export async function ensureSandbox(executable) {
  const before = await checkSandbox(executable)
  if (before.ok) return
  const helper = join(dirname(executable), 'chrome-sandbox')
  if (which('sudo')) {
    say('setting up Chromium’s sandbox helper (sudo)')
    await run('sudo', ['-n', 'chown', 'root:root', helper])
    await run('sudo', ['-n', 'chmod', '4755', helper])
  }
  const after = await checkSandbox(executable)
  if (!after.ok) throw new SetupError(`${after.name}: ${after.detail}. ${after.remedy}`)
}
