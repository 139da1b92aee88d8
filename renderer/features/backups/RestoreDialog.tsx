import { useState } from 'react'
import type { BackupView } from '../../../shared/protocol/methods.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { Button, Dialog, formatTime, t } from '../../ui/index.ts'

interface RestoreDialogProps {
  backup: BackupView
  onClose: () => void
  onConfirm: (replaceOther: boolean) => void
}

/** Says what will be missing, and asks for a mark that it was read: what lies behind the backup is not in it. */
export function RestoreDialog({ backup, onClose, onConfirm }: RestoreDialogProps) {
  const zone = useTimeZone()
  const [isRead, setIsRead] = useState(false)
  const { facts } = backup
  const ends = facts?.lastTickUs ?? null
  const isOther = facts?.ours === false
  return (
    <Dialog
      title={t('backups.restoreTitle')}
      onClose={onClose}
      width={560}
      actions={
        <>
          <Button onClick={onClose}>{t('backups.keepTwin')}</Button>
          <Button kind="primary" disabled={!isRead} onClick={() => onConfirm(isOther)}>
            {t('backups.restore')}
          </Button>
        </>
      }
    >
      <p>{t('backups.restoreWhat', { time: ends === null ? t('backups.empty') : formatTime(ends, zone) })}</p>
      <p>{t('backups.restoreHow')}</p>
      {isOther && <p className="backups-failure">{t('backups.restoreOther')}</p>}
      <label className="backups-read">
        <input type="checkbox" checked={isRead} onChange={(event) => setIsRead(event.target.checked)} />
        {t('backups.restoreRead')}
      </label>
    </Dialog>
  )
}

export function RepairDialog({ onClose, onConfirm }: { onClose: () => void; onConfirm: () => void }) {
  return (
    <Dialog
      title={t('backups.repairTitle')}
      onClose={onClose}
      width={560}
      actions={
        <>
          <Button onClick={onClose}>{t('backups.keepTwin')}</Button>
          <Button kind="primary" onClick={onConfirm}>
            {t('backups.repair')}
          </Button>
        </>
      }
    >
      <p>{t('backups.repairWhat')}</p>
      <p>{t('backups.repairHow')}</p>
    </Dialog>
  )
}
