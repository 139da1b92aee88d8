import { useState, type FormEvent } from 'react'
import type { Fault } from '../../../shared/domain/fault.ts'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import type { Failure } from '../../../shared/domain/problem.ts'
import { idFrom } from '../../../shared/lib/names.ts'
import type { EndpointView } from '../../../shared/protocol/methods.ts'
import { bridge } from '../../bridge/bridge.ts'
import { useNowUs } from '../../stores/clock.ts'
import { useConnection } from '../../stores/connection.ts'
import { failureOf } from '../../stores/topic.ts'
import { toast } from '../../stores/toasts.ts'
import { Button, Field, t } from '../../ui/index.ts'
import { Panel } from '../../ui/Page.tsx'
import { useFaultFocus } from '../../ui/use-fault-focus.ts'
import {
  checkServer,
  orderEndpoints,
  preselected,
  serverFromDraft,
  type ServerDraft,
  type ServerFault,
} from './endpoint-choice.ts'
import { ConnectionDoctor } from './ConnectionDoctor.tsx'
import { EndpointChoice } from './EndpointChoice.tsx'
import { FaultList } from './FaultList.tsx'
import { newException } from './server/exception-draft.ts'
import { ServerFields } from './ServerFields.tsx'

const emptyDraft: ServerDraft = {
  id: '',
  name: '',
  userType: 'anonymous',
  userName: '',
  password: '',
  userPem: '',
  insecureReason: '',
  exception: { owner: '', until: '', reason: '' },
}

/** `opc.tcp://host:port/path` gives `host`: what people call a server in the plant. */
function idOfUrl(url: string, taken: ReadonlySet<string>): string {
  const host = idFrom(/^opc\.tcp:\/\/\[?([^\]/:]+)/.exec(url)?.[1] ?? '') || 'server'
  for (let n = 1; ; n++) {
    const id = n === 1 ? host : `${host}-${n}`
    if (!taken.has(id)) return id
  }
}

interface AddServerProps {
  plant: PlantFile
  /** The id of the server that was added; null when it was left. */
  onDone: (added: string | null) => void
}

export function AddServer({ plant, onDone }: AddServerProps) {
  const taken = new Set(plant.servers.map((server) => server.id))
  const [url, setUrl] = useState('opc.tcp://')
  const [isAsking, setIsAsking] = useState(false)
  const [refusal, setRefusal] = useState<Failure | null>(null)
  const [endpoints, setEndpoints] = useState<EndpointView[] | null>(null)
  const [chosen, setChosen] = useState<number | null>(null)
  const nowUs = useNowUs()
  const user = useConnection((state) => state.facts?.user ?? '')
  const [draft, setDraft] = useState(() => ({ ...emptyDraft, exception: newException(user, nowUs) }))
  const [isChecking, setIsChecking] = useState(false)

  const discover = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setIsAsking(true)
    setRefusal(null)
    setEndpoints(null)
    try {
      const answer = await bridge.call('server.discover', { endpointUrl: url.trim() })
      const ordered = orderEndpoints(answer.endpoints)
      setEndpoints(ordered)
      setChosen(preselected(ordered))
      setDraft((before) => ({ ...before, id: before.id === '' ? idOfUrl(url.trim(), taken) : before.id }))
    } catch (error) {
      setRefusal(failureOf(error))
      // Where the way ends is what helps; the sentence alone says only that it does.
      setIsChecking(true)
    }
    setIsAsking(false)
  }
  const isUrl = /^opc\.tcp:\/\/[^\s/]+/.test(url.trim())
  return (
    <div className="stack settings-form">
      <Panel
        title={t('settings.stepAddress')}
        tools={<Button onClick={() => onDone(null)}>{t('action.cancel')}</Button>}
      >
        <form className="settings-line" onSubmit={(event) => void discover(event)}>
          <Field label={t('settings.address')} hint={t('settings.addressHint')}>
            {(ids) => (
              <input
                {...ids}
                autoFocus
                spellCheck={false}
                value={url}
                onChange={(event) => setUrl(event.target.value)}
              />
            )}
          </Field>
          <Button kind={endpoints === null ? 'primary' : 'plain'} type="submit" busy={isAsking} disabled={!isUrl}>
            {isAsking ? t('settings.discovering') : t('settings.discover')}
          </Button>
        </form>
        {refusal && <Refused refusal={refusal} onCheck={() => setIsChecking(true)} />}
        {isChecking && (
          <ConnectionDoctor
            subject={{ endpointUrl: url.trim() }}
            name={url.trim()}
            onClose={() => setIsChecking(false)}
          />
        )}
      </Panel>
      {endpoints && (
        <Panel title={t('settings.stepSecurity')}>
          {endpoints.length === 0 ? (
            <p>{t('settings.noEndpoints')}</p>
          ) : (
            <EndpointChoice endpoints={endpoints} chosen={chosen} onChoose={setChosen} />
          )}
        </Panel>
      )}
      {endpoints && endpoints.length > 0 && (
        <SaveServer
          draft={draft}
          onChange={setDraft}
          endpoint={chosen === null ? null : (endpoints[chosen] ?? null)}
          taken={taken}
          onDone={onDone}
        />
      )}
    </div>
  )
}

function Refused({ refusal, onCheck }: { refusal: Failure; onCheck: () => void }) {
  return (
    <>
      <p className="field-fault" role="alert">
        {t('settings.discoverFailed', { message: refusal.message })} {refusal.remedy ?? t('settings.discoverRemedy')}
      </p>
      <div className="settings-actions">
        <Button onClick={onCheck}>{t('doctor.check')}</Button>
      </div>
    </>
  )
}

interface SaveServerProps {
  draft: ServerDraft
  onChange: (draft: ServerDraft) => void
  endpoint: EndpointView | null
  taken: ReadonlySet<string>
  onDone: (added: string | null) => void
}

function SaveServer({ draft, onChange, endpoint, taken, onDone }: SaveServerProps) {
  const [refusals, setRefusals] = useState(0)
  const form = useFaultFocus(refusals)
  const [isTried, setIsTried] = useState(false)
  const [isSaving, setIsSaving] = useState(false)
  const [refusal, setRefusal] = useState<Failure | null>(null)
  const [refused, setRefused] = useState<readonly Fault[]>([])
  const nowUs = useNowUs()
  const faults: ServerFault[] = isTried ? checkServer(draft, endpoint, taken, nowUs) : []

  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setIsTried(true)
    setRefusal(null)
    setRefused([])
    if (endpoint === null || checkServer(draft, endpoint, taken, nowUs).length > 0)
      return setRefusals((count) => count + 1)
    const server = serverFromDraft(draft, endpoint)
    if (server === null) return
    setIsSaving(true)
    try {
      const password = { anonymous: null, userName: draft.password, x509: draft.userPem }[draft.userType]
      const answer = await bridge.call('config.addServer', {
        server,
        password,
        reason: t('settings.addedReason', { id: server.id }),
        exception: endpoint.needsException === true ? draft.exception : null,
      })
      setRefused(answer.faults)
      if (answer.faults.length === 0) {
        toast('done', t('settings.serverAdded', { id: server.id }))
        onDone(server.id)
      }
    } catch (error) {
      setRefusal(failureOf(error))
    }
    setIsSaving(false)
  }
  return (
    <Panel title={t('settings.stepIdentity')}>
      <form className="stack" ref={form} onSubmit={(event) => void save(event)}>
        <ServerFields draft={draft} onChange={onChange} endpoint={endpoint} faults={faults} />
        <FaultList faults={refused} refusal={refusal} />
        <div className="settings-actions">
          <Button kind="primary" type="submit" busy={isSaving}>
            {isSaving ? t('settings.saving') : t('settings.saveServer')}
          </Button>
        </div>
      </form>
    </Panel>
  )
}
