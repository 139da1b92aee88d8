import { useState } from 'react'
import type { PlantFile, Point } from '../../../shared/domain/plant-file.ts'
import { bridge } from '../../bridge/bridge.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { failureOf } from '../../stores/topic.ts'
import { toast } from '../../stores/toasts.ts'
import { Button, formatTime, Popover, t } from '../../ui/index.ts'
import { Choice } from './Choice.tsx'
import { nearestCapture, type CompareItem } from './desk-model.ts'
import { machineGroups, pointWords } from './point-tree.ts'

interface CompareMenuProps {
  plant: PlantFile
  point: Point
  /** The open waveform and when it was taken; null while live. */
  open: { captureId: string; sourceUs: number } | null
  compared: readonly CompareItem[]
  onCompared: (compared: CompareItem[]) => void
}

const dayUs = 86_400e6
/** Further series cannot be told apart. */
const mostCompared = 4
const looked = 2000

/** Draws spectra of other stored waveforms over those on screen: of this point earlier, or of another machine. */
export function CompareMenu({ plant, point, open, compared, onCompared }: CompareMenuProps) {
  const zone = useTimeZone()
  const [otherId, setOtherId] = useState(point.id)
  const add = async (pointId: string, beforeUs: number | null): Promise<void> => {
    const nowUs = Date.now() * 1000
    const from = open?.sourceUs ?? nowUs
    try {
      const asked = { pointId, fromUs: 0, toUs: nowUs + dayUs, limit: looked }
      const { captures } = await bridge.call('capture.between', asked)
      const others = captures.filter(({ id }) => !compared.some(({ captureId }) => captureId === id))
      const older = pointId === point.id ? others.filter(({ sourceUs }) => sourceUs < from - 1) : others
      const wanted = beforeUs === null ? Number.NEGATIVE_INFINITY : from - beforeUs
      const found = nearestCapture(older, Math.max(wanted, 0), open?.captureId ?? null)
      if (!found) {
        toast('failed', t(pointId === point.id ? 'desk.noOlder' : 'desk.noOther'))
        return
      }
      const other = plant.points.find(({ id }) => id === pointId)
      const name = `${other && pointId !== point.id ? `${pointWords(plant, other)} ` : ''}${formatTime(found.sourceUs, zone)}`
      onCompared([...compared, { captureId: found.id, name }].slice(-mostCompared))
    } catch (error) {
      toast('failed', failureOf(error).message)
    }
  }
  const points = machineGroups(plant).flatMap((group) => group.points)
  return (
    <Popover label={t('desk.compareHint')} className="button" trigger={t('desk.compare')} width={320}>
      <ul className="export-list">
        <li>
          <Button kind="quiet" onClick={() => void add(point.id, 30 * dayUs)}>
            {t('desk.compareMonth')}
          </Button>
        </li>
        <li>
          <Button kind="quiet" onClick={() => void add(point.id, 7 * dayUs)}>
            {t('desk.compareWeek')}
          </Button>
        </li>
        <li>
          <Button kind="quiet" onClick={() => void add(point.id, null)}>
            {t('desk.compareFirst')}
          </Button>
        </li>
      </ul>
      <div className="plot-options">
        <Choice
          label={t('desk.compareAsset')}
          value={otherId}
          options={points.map((one) => [one.id, pointWords(plant, one)])}
          onChange={setOtherId}
        />
        <Button disabled={otherId === point.id} onClick={() => void add(otherId, 0)}>
          {t('desk.compareAdd')}
        </Button>
      </div>
    </Popover>
  )
}

/** What is compared now, in the colours of its lines; a press ends it. */
export function Compared({
  compared,
  onCompared,
}: {
  compared: readonly CompareItem[]
  onCompared: (compared: CompareItem[]) => void
}) {
  if (compared.length === 0) return null
  return (
    <ul className="compared" aria-label={t('desk.comparing')}>
      {compared.map(({ captureId, name }, index) => (
        <li key={captureId}>
          <Button
            kind="quiet"
            aria-label={t('desk.endCompare', { name })}
            onClick={() => onCompared(compared.filter((one) => one.captureId !== captureId))}
          >
            <span className={`compared-line series-${index + 2}`} />
            {name} {'\u00d7'}
          </Button>
        </li>
      ))}
    </ul>
  )
}
