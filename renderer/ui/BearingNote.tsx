import { useEffect, useState } from 'react'
import { useCall } from '../stores/topic.ts'
import { formatNumber } from './format.ts'
import { t } from './text.ts'

/** Asked when typing pauses. */
const pauseMs = 300

/** What a bearing's designation is taken for: its frequencies, whose numbers they are, and whether they are verified. */
export function BearingNote({ name }: { name: string }) {
  const [asked, setAsked] = useState(name.trim())
  useEffect(() => {
    const timer = setTimeout(() => setAsked(name.trim()), pauseMs)
    return () => clearTimeout(timer)
  }, [name])
  const isKnown = asked !== '' && asked === name.trim()
  const { value } = useCall('bearing.find', isKnown ? { name: asked } : null)
  if (name.trim() === '') return null
  // Keeps its line, so that nothing below it jumps while somebody types.
  if (!value) return <p className="field-hint bearing-note" aria-hidden />
  const { found } = value
  if (!found) return <p className="field-hint bearing-note">{t('bearing.unknown', { name: asked })}</p>
  const { bpfo, bpfi, bsf, ftf } = found.orders
  const figures = { bpfo, bpfi, bsf, ftf }
  const shown = Object.fromEntries(Object.entries(figures).map(([key, order]) => [key, formatNumber(order, 4)]))
  return (
    <p className="field-hint bearing-note" title={found.source ?? t('bearing.noSource')}>
      {t('bearing.found', { name: found.name, ...shown })}{' '}
      {found.verified ? t('bearing.verified') : <b>{t('bearing.unverified')}</b>}{' '}
      {found.source ?? t('bearing.noSource')}
    </p>
  )
}
