import { isoFromUs } from '../../shared/domain/time.ts'

export function iso(tUs: number): string {
  return isoFromUs(Math.round(tUs)).replace(/\.?0+Z$/, 'Z')
}

/** 90 s, 12 min, 3.5 h, 2 days. */
export function lasting(us: number): string {
  const s = us / 1e6
  if (s < 120) return `${number(s)} s`
  if (s < 7200) return `${number(s / 60)} min`
  if (s < 172_800) return `${number(s / 3600)} h`
  return `${number(s / 86_400)} days`
}

export function number(value: number): string {
  if (!Number.isFinite(value)) return 'none'
  if (Number.isInteger(value)) return String(value)
  return String(Number(value.toPrecision(3)))
}

export function percent(share: number): string {
  const p = share * 100
  if (p > 99.9 && p < 100) return '99.9 %'
  return `${p >= 10 ? Number(p.toFixed(1)) : Number(p.toPrecision(2))} %`
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
