import { useState, type FormEvent } from 'react'
import type { Fault } from '../../../../shared/domain/fault.ts'
import type { OfferedRule } from '../../../../shared/domain/exceptions.ts'
import type { Failure } from '../../../../shared/domain/problem.ts'
import { bridge } from '../../../bridge/bridge.ts'
import { useNowUs } from '../../../stores/clock.ts'
import { useConnection } from '../../../stores/connection.ts'
import { toast } from '../../../stores/toasts.ts'
import { failureOf } from '../../../stores/topic.ts'
import { Button, Dialog, t } from '../../../ui/index.ts'
import { useFaultFocus } from '../../../ui/use-fault-focus.ts'
import { FaultList } from '../FaultList.tsx'
import { checkException, newException } from './exception-draft.ts'
import { ExceptionFields } from './ExceptionFields.tsx'

interface ExceptionDialogProps {
  serverId: string
  rule: OfferedRule
  /** What is wrong, in the words of the review. */
  finding: string | null
  onClose: () => void
}

/** An exception for one server and one finding; it ends by itself. */
export function ExceptionDialog({ serverId, rule, finding, onClose }: ExceptionDialogProps) {
  const nowUs = useNowUs()
  const user = useConnection((state) => state.facts?.user ?? '')
  const [draft, setDraft] = useState(() => newException(user, nowUs))
  const [refusals, setRefusals] = useState(0)
  const form = useFaultFocus(refusals)
  const [isSaving, setIsSaving] = useState(false)
  const [refused, setRefused] = useState<readonly Fault[]>([])
  const [refusal, setRefusal] = useState<Failure | null>(null)
  const faults = refusals === 0 ? [] : checkException(draft, nowUs)

  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setRefused([])
    setRefusal(null)
    if (checkException(draft, nowUs).length > 0) return setRefusals((count) => count + 1)
    setIsSaving(true)
    try {
      const answer = await bridge.call('config.makeException', { serverId, rule, ...draft })
      setRefused(answer.faults)
      if (answer.faults.length === 0) {
        toast('done', t('exception.made', { server: serverId, until: draft.until }))
        onClose()
        return
      }
    } catch (error) {
      setRefusal(failureOf(error))
    }
    setIsSaving(false)
  }
  return (
    <Dialog title={t('exception.title', { server: serverId })} width={600} onClose={onClose}>
      <form className="stack" ref={form} onSubmit={(event) => void save(event)}>
        <p>{t(`exception.what.${rule}`)}</p>
        {finding !== null && <p className="certificate-remark">{finding}</p>}
        <p className="muted">{t('exception.meaning')}</p>
        <ExceptionFields draft={draft} faults={faults} onChange={setDraft} />
        <FaultList faults={refused} refusal={refusal} />
        <div className="dialog-actions">
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" type="submit" busy={isSaving}>
            {isSaving ? t('settings.saving') : t('exception.make')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
