export interface Violation {
  rule: string
  severity: string
  from: string
  to: string
}
export function sourceFiles(base: string): string[]
export function cruise(base: string): Promise<{ violations: Violation[]; unread: string[]; count: number }>
