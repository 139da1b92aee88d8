import { useState } from 'react'
import { isOffered } from '../../../../shared/domain/exceptions.ts'
import type { PlantFile } from '../../../../shared/domain/plant-file.ts'
import type { Failure } from '../../../../shared/domain/problem.ts'
import { bridge } from '../../../bridge/bridge.ts'
import { useNowUs } from '../../../stores/clock.ts'
import { toast } from '../../../stores/toasts.ts'
import { failureOf } from '../../../stores/topic.ts'
import { Button, Dialog, t } from '../../../ui/index.ts'
import { exceptionRows, type ExceptionRow } from './exception-draft.ts'
import { ExceptionDialog } from './ExceptionDialog.tsx'

interface ExceptionTableProps {
  plant: PlantFile
  /** Only those of one server. */
  serverId?: string
}

/** What is allowed although a rule speaks against it, by whom, why and to which day. */
export function ExceptionTable({ plant, serverId }: ExceptionTableProps) {
  const rows = exceptionRows(plant, useNowUs(), serverId)
  const [asked, setAsked] = useState<{ row: ExceptionRow; what: 'remove' | 'renew' } | null>(null)
  const close = (): void => setAsked(null)
  return (
    <div className="table-scroll">
      <table className="data-table">
        <thead>
          <tr>
            {serverId === undefined && <th scope="col">{t('settings.col.server')}</th>}
            <th scope="col">{t('exception.col.rule')}</th>
            <th scope="col">{t('exception.col.until')}</th>
            <th scope="col">{t('exception.col.owner')}</th>
            <th scope="col">{t('exception.col.reason')}</th>
            <th scope="col">
              <span className="visually-hidden">{t('settings.col.actions')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.exception.scope}>
              {serverId === undefined && <th scope="row">{row.serverId}</th>}
              <td>{t(`exception.rule.${row.rule}`)}</td>
              <td>
                {row.exception.until}
                <div className={`small ${row.state === 'holds' ? 'muted' : 'insecure'}`}>{daysWords(row)}</div>
              </td>
              <td>{row.exception.owner}</td>
              <td>{row.exception.reason}</td>
              <td className="actions">
                <div className="settings-row-actions">
                  {isOffered(row.rule) && (
                    <Button onClick={() => setAsked({ row, what: 'renew' })}>{t('exception.renew')}</Button>
                  )}
                  <Button onClick={() => setAsked({ row, what: 'remove' })}>{t('exception.remove')}</Button>
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {asked?.what === 'remove' && <RemoveDialog row={asked.row} onClose={close} />}
      {asked?.what === 'renew' && isOffered(asked.row.rule) && (
        <ExceptionDialog serverId={asked.row.serverId} rule={asked.row.rule} finding={null} onClose={close} />
      )}
    </div>
  )
}

function daysWords({ days }: ExceptionRow): string {
  if (days < 0) return t('exception.ended')
  return days === 0 ? t('exception.endsToday') : t('exception.daysLeft', { count: days })
}

function RemoveDialog({ row, onClose }: { row: ExceptionRow; onClose: () => void }) {
  const { serverId, rule } = row
  const [isBusy, setIsBusy] = useState(false)
  const [failure, setFailure] = useState<Pick<Failure, 'message' | 'remedy'> | null>(null)
  const remove = async (): Promise<void> => {
    setIsBusy(true)
    setFailure(null)
    try {
      const { faults } = await bridge.call('config.endException', { serverId, rule })
      const [fault] = faults
      if (!fault) {
        toast('done', t('exception.removed', { server: serverId }))
        onClose()
        return
      }
      setFailure(fault)
    } catch (error) {
      setFailure(failureOf(error))
    }
    setIsBusy(false)
  }
  return (
    <Dialog
      title={t('exception.removeTitle')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" busy={isBusy} onClick={() => void remove()}>
            {t('exception.removeNow')}
          </Button>
        </>
      }
    >
      <p>{t('exception.removeWhat', { server: serverId, rule: t(`exception.rule.${rule}`) })}</p>
      {failure && (
        <p className="field-fault" role="alert">
          {t('settings.notSaved', { message: failure.message })} {failure.remedy ?? ''}
        </p>
      )}
    </Dialog>
  )
}
