import { spawn } from 'node:child_process'

/**
 * Runs a command to its end. `output: 'capture'` collects stdout and stderr; `'stderr'` shows both on our stderr.
 * Never throws for an exit code; a command that cannot be started gives code 127.
 */
export function run(command, args, { cwd, env, timeoutMs, output = 'capture' } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: env ?? process.env,
      stdio: output === 'capture' ? ['ignore', 'pipe', 'pipe'] : ['ignore', 2, 2],
    })
    let stdout = ''
    let stderr = ''
    child.stdout?.on('data', (chunk) => (stdout += chunk))
    child.stderr?.on('data', (chunk) => (stderr += chunk))
    let timedOut = false
    const timer = timeoutMs
      ? setTimeout(() => {
          timedOut = true
          child.kill('SIGKILL')
        }, timeoutMs)
      : undefined
    child.on('error', (error) => {
      clearTimeout(timer)
      resolve({ code: 127, stdout, stderr: `${stderr}${error.message}`, timedOut })
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code: code ?? 1, stdout, stderr, timedOut })
    })
  })
}

/** Runs a command with our own stdin, stdout and stderr, passes signals on, and answers its exit code. */
export function runInherited(command, args, { cwd, env, stdout = 'inherit', onChild } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: env ?? process.env, stdio: ['inherit', stdout, 'inherit'] })
    onChild?.(child)
    // A terminal sends Ctrl-C to the whole group; a supervisor sends SIGTERM to us alone. Passing both on is harmless.
    const forward = (signal) => () => child.kill(signal)
    const handlers = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => [signal, forward(signal)])
    for (const [signal, handler] of handlers) process.on(signal, handler)
    const done = () => {
      for (const [signal, handler] of handlers) process.off(signal, handler)
    }
    child.on('error', (error) => {
      done()
      reject(error)
    })
    child.on('close', (code, signal) => {
      done()
      resolve(code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 0 : 1))
    })
  })
}
