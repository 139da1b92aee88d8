import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export interface ProcessEntry {
  pid: number
  parent: number
  command: string
}

/** All processes, read from /proc (Linux). */
export function processes(): ProcessEntry[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      // The name in parentheses may itself hold spaces and parentheses.
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
      return [{ pid: Number(name), parent, command }]
    } catch {
      return []
    }
  })
}

/** The process and all its descendants. */
export function treeOf(pid: number): ProcessEntry[] {
  const all = processes()
  const found = all.filter((entry) => entry.pid === pid)
  for (let i = 0; i < found.length; i++) {
    const parent = found[i]?.pid
    found.push(...all.filter((entry) => entry.parent === parent))
  }
  return found
}

/** The engine below the application. */
export function engineOf(pid: number | undefined): number {
  const found = treeOf(pid ?? 0).find(({ command }) => / \S*engine\.js( |$)/.test(command))
  if (!found) throw new Error('There is no engine process.')
  return found.pid
}

function socketInodes(pid: number): Set<string> {
  const inodes = new Set<string>()
  try {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      try {
        const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1]
        if (inode !== undefined) inodes.add(inode)
      } catch {
        // Closed between the listing and the look.
      }
    }
  } catch {
    // Ended meanwhile.
  }
  return inodes
}

const listening = '0A'

/** Local addresses (as /proc writes them) on which this process listens for TCP, IPv4 and IPv6. */
export function listeningTcp(pid: number): string[] {
  const own = socketInodes(pid)
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'utf8')
      .split('\n')
      .slice(1)
      .flatMap((line) => {
        const [, local, , state, , , , , , inode] = line.trim().split(/\s+/)
        return local !== undefined && state === listening && inode !== undefined && own.has(inode)
          ? [`${table} ${local}`]
          : []
      }),
  )
}
