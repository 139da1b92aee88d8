import { noValue, t } from '../../ui/index.ts'

export function scoreText(score: number | null): string {
  return score === null ? noValue : score.toFixed(1)
}

/** Never rounded up to a whole that it is not: 99.96 % is 99.9 %. */
export function shareText(share: number | null): string {
  if (share === null) return noValue
  return t('format.percent', { value: share === 1 ? '100' : (Math.floor(share * 1000) / 10).toFixed(1) })
}
