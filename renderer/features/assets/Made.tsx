import type { Fault } from '../../../shared/domain/fault.ts'
import type { PlantChange } from '../../../shared/domain/plant-change.ts'
import { bridge } from '../../bridge/bridge.ts'
import { useFeed } from '../../stores/feeds.ts'
import { useCall } from '../../stores/topic.ts'
import { t } from '../../ui/index.ts'
import { ReviewDialog } from './ReviewDialog.tsx'

interface MadeProps {
  changes: readonly PlantChange[]
  name: string
  reason?: string
  onClose: () => void
  onSaved?: () => void
  /** Told so that the fields can show them as well. */
  onFaults?: (faults: readonly Fault[]) => void
}

/** Changes that are looked at and saved, whoever has put them together. */
export function Made({ changes, name, reason = '', onClose, onSaved = onClose, onFaults }: MadeProps) {
  const hash = useFeed((feeds) => feeds.plant?.configHash ?? null)
  const preview = useCall('config.preview', { changes: [...changes] }, undefined, hash)
  return (
    <ReviewDialog
      title={t('assets.reviewTitle', { name })}
      what={t('assets.editOf', { name })}
      preview={preview}
      firstReason={reason}
      save={(why) => bridge.call('config.change', { changes: [...changes], reason: why })}
      onClose={onClose}
      onSaved={onSaved}
      {...(onFaults && { onFaults })}
    />
  )
}
