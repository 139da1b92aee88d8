import { useState } from 'react'
import type { TimeUs } from '../../../shared/domain/time.ts'
import { useNowUs } from '../../stores/clock.ts'
import { Button, formatDuration, formatTime, t, zoneName } from '../../ui/index.ts'
import { momentOf, wallTime } from './zone-time.ts'

interface TimeBarProps {
  atUs: TimeUs
  zone: string
  onChange: (atUs: TimeUs) => void
  onLive: () => void
}

const steps = [
  { id: 'hourBack', us: -3600e6 },
  { id: 'minuteBack', us: -60e6 },
  { id: 'minuteOn', us: 60e6 },
  { id: 'hourOn', us: 3600e6 },
] as const

/** Says that the page is the past, which past, and leads to another or back to now. Stays in sight while the page scrolls. */
export function TimeBar({ atUs, zone, onChange, onLive }: TimeBarProps) {
  const nowUs = useNowUs()
  return (
    <div className="past-bar" role="region" aria-label={t('moment.barLabel')}>
      <span className="past-badge">{t('moment.past')}</span>
      <span className="past-time" data-past-time>
        <strong>{formatTime(atUs, zone, nowUs)}</strong>
        <span>{t('moment.before', { duration: formatDuration((nowUs - atUs) / 1e6) })}</span>
      </span>
      <span className="past-tools">
        {steps.map(({ id, us }) => (
          <Button
            key={id}
            title={t(`moment.step.${id}Hint`)}
            disabled={atUs + us > nowUs}
            onClick={() => onChange(atUs + us)}
          >
            {t(`moment.step.${id}`)}
          </Button>
        ))}
        <TimeField key={atUs} atUs={atUs} zone={zone} nowUs={nowUs} onChange={onChange} />
        <Button kind="primary" aria-keyshortcuts="Escape" onClick={onLive}>
          {t('moment.live')}
        </Button>
      </span>
    </div>
  )
}

/** The year first and 24 hours: a date-time field of the system may show them in another order, or with AM and PM. */
function shown(atUs: TimeUs, zone: string): string {
  return wallTime(atUs, zone).replace('T', ' ')
}

/** A time of the plant's wall clock; taken when it is left or confirmed, so that typing does not ask for every digit. */
function TimeField({ atUs, zone, nowUs, onChange }: Omit<TimeBarProps, 'onLive'> & { nowUs: TimeUs }) {
  const [text, setText] = useState(() => shown(atUs, zone))
  const asked = momentOf(text.trim().replace(' ', 'T'), zone)
  const isFuture = asked !== null && asked > nowUs
  const take = (): void => {
    // What the field shows has whole seconds; only another time is a change.
    if (asked !== null && !isFuture && text !== shown(atUs, zone)) onChange(asked)
  }
  return (
    <label className="past-field">
      <span>{t('moment.time', { zone: zoneName(atUs, zone) })}</span>
      <input
        className="input"
        inputMode="numeric"
        size={20}
        value={text}
        aria-invalid={asked === null || isFuture}
        title={isFuture ? t('moment.future') : t('moment.timeHint')}
        onChange={(event) => setText(event.target.value)}
        onBlur={take}
        onKeyDown={(event) => {
          if (event.key === 'Enter') take()
        }}
      />
    </label>
  )
}
