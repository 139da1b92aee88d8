import { useEffect, useState, type FormEvent, type ReactNode } from 'react'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import type { Failure } from '../../../shared/domain/problem.ts'
import type { Template } from '../../../shared/domain/template.ts'
import type { TemplatePreview } from '../../../shared/protocol/config.ts'
import { bridge } from '../../bridge/bridge.ts'
import { useFeed } from '../../stores/feeds.ts'
import { navigate, type Route } from '../../stores/router.ts'
import { toast } from '../../stores/toasts.ts'
import { failureOf, useCall } from '../../stores/topic.ts'
import { remember } from '../../stores/undo.ts'
import { Button, Empty, ErrorPane, Skeleton, t } from '../../ui/index.ts'
import { Page, Panel } from '../../ui/Page.tsx'
import { BundleWizard } from './bundle/BundleWizard.tsx'
import { MachineFields } from './MachineFields.tsx'
import { Outcome } from './Outcome.tsx'
import { PlateFields } from './PlateFields.tsx'
import { PointFields } from './PointFields.tsx'
import { emptyDraft, guessNodePattern, siteFromDraft, type SiteDraft } from './site-draft.ts'
import { TemplateChoice } from './TemplateChoice.tsx'
import './new-machine.css'

/** A machine from a template, or from another plant's bundle: what only the site knows is asked. */
export function NewMachinePage({ route }: { route: Extract<Route, { page: 'new-machine' }> }) {
  return route.from === 'bundle' ? <FromBundle /> : <FromTemplate />
}

function FromBundle() {
  const plant = useFeed((feeds) => feeds.plant?.plant ?? null)
  const [server] = plant?.servers ?? []
  return (
    <Page
      title={t('bundle.title')}
      subtitle={t('bundle.subtitle')}
      className="new-machine"
      tools={<Button onClick={() => navigate({ page: 'new-machine' })}>{t('bundle.fromTemplate')}</Button>}
    >
      {plant === null ? (
        <Skeleton rows={8} />
      ) : server ? (
        <BundleWizard plant={plant} firstServer={server.id} />
      ) : (
        <NoServer />
      )}
    </Page>
  )
}

function FromTemplate() {
  const plant = useFeed((feeds) => feeds.plant?.plant ?? null)
  const { value, failure } = useCall('template.list', {})
  if (plant === null || value === null)
    return (
      <Frame>{failure ? <ErrorPane title={t('newMachine.failed')} failure={failure} /> : <Skeleton rows={8} />}</Frame>
    )
  const [server] = plant.servers
  if (!server)
    return (
      <Frame>
        <NoServer />
      </Frame>
    )
  return (
    <Frame>
      <Wizard plant={plant} templates={value.templates} firstServer={server.id} />
    </Frame>
  )
}

function NoServer() {
  return (
    <Empty title={t('newMachine.noServer')} next={t('newMachine.noServerNext')}>
      <Button onClick={() => navigate({ page: 'settings' })}>{t('nav.settings')}</Button>
    </Empty>
  )
}

function Frame({ children }: { children: ReactNode }) {
  return (
    <Page
      title={t('newMachine.title')}
      subtitle={t('newMachine.subtitle')}
      className="new-machine"
      tools={<Button onClick={() => navigate({ page: 'new-machine', from: 'bundle' })}>{t('bundle.open')}</Button>}
    >
      {children}
    </Page>
  )
}

interface WizardProps {
  plant: PlantFile
  templates: readonly Template[]
  firstServer: string
}

function Wizard({ plant, templates, firstServer }: WizardProps) {
  const [templateId, setTemplateId] = useState<string | null>(null)
  const [draft, setDraft] = useState<SiteDraft>(() =>
    emptyDraft(
      plant.lines[0]?.id ?? '',
      firstServer,
      guessNodePattern(plant.points.map(({ source }) => source.nodeId)),
    ),
  )
  const template = templates.find(({ id }) => id === templateId)
  const change = (part: Partial<SiteDraft>): void => setDraft((before) => ({ ...before, ...part }))
  return (
    <div className="stack">
      <Panel title={t('newMachine.step.template')}>
        <TemplateChoice templates={templates} chosen={templateId} onChoose={setTemplateId} />
      </Panel>
      {template && <Details plant={plant} template={template} draft={draft} onChange={change} />}
    </div>
  )
}

interface DetailsProps {
  plant: PlantFile
  template: Template
  draft: SiteDraft
  onChange: (part: Partial<SiteDraft>) => void
}

function Details({ plant, template, draft, onChange }: DetailsProps) {
  const preview = usePreview(template, draft)
  const [reason, setReason] = useState('')
  const [isSaving, setIsSaving] = useState(false)
  const [refusal, setRefusal] = useState<Failure | null>(null)
  const site = siteFromDraft(template, draft)
  const isTaken = plant.assets.some(({ id }) => id === site.assetId)
  const isReady = site.assetId !== '' && !isTaken && preview?.needs.length === 0 && preview.faults.length === 0

  const create = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (!isReady) return
    setIsSaving(true)
    setRefusal(null)
    try {
      const why = reason.trim() === '' ? t('newMachine.usualReason', { name: site.name }) : reason.trim()
      const { faults, changes } = await bridge.call('template.instantiate', {
        templateId: template.id,
        site,
        reason: why,
      })
      const [fault] = faults
      if (fault) setRefusal({ code: fault.code, message: `${fault.message} ${fault.remedy}`, retryable: false })
      else {
        remember(t('newMachine.what', { name: site.name }), changes)
        toast('done', t('newMachine.created', { name: site.name }))
        navigate({ page: 'machine', assetId: site.assetId })
      }
    } catch (error) {
      setRefusal(failureOf(error))
    }
    setIsSaving(false)
  }
  return (
    <form className="stack" onSubmit={(event) => void create(event)}>
      <Panel title={t('newMachine.step.machine')}>
        <MachineFields plant={plant} draft={draft} isTaken={isTaken} onChange={onChange} />
      </Panel>
      <Panel title={t('newMachine.step.plate')}>
        <PlateFields template={template} draft={draft} needs={preview?.needs ?? []} onChange={onChange} />
      </Panel>
      <Panel title={t('newMachine.step.points')}>
        <PointFields plant={plant} template={template} draft={draft} onChange={onChange} />
      </Panel>
      <Panel title={t('newMachine.step.outcome')}>
        <Outcome preview={preview} refusal={refusal} reason={reason} onReason={setReason} />
        <div className="new-machine-actions">
          <Button kind="primary" type="submit" busy={isSaving} disabled={!isReady}>
            {isSaving ? t('newMachine.creating') : t('newMachine.create')}
          </Button>
          <Button onClick={() => navigate({ page: 'machine' })}>{t('action.cancel')}</Button>
        </div>
      </Panel>
    </form>
  )
}

/** Asked again when typing pauses; an answer that a later question has overtaken is not shown. */
const pauseMs = 250

function usePreview(template: Template, draft: SiteDraft): TemplatePreview | null {
  const [answered, setAnswered] = useState<TemplatePreview | null>(null)
  const site = siteFromDraft(template, draft)
  const asked = JSON.stringify({ templateId: template.id, site })
  const isNamed = site.assetId !== '' && site.name !== '' && site.lineId !== ''
  useEffect(() => {
    if (!isNamed) return
    let isCurrent = true
    const timer = setTimeout(() => {
      const params = JSON.parse(asked) as { templateId: string; site: typeof site }
      bridge.call('template.preview', params).then(
        (answer) => isCurrent && setAnswered(answer),
        () => isCurrent && setAnswered(null),
      )
    }, pauseMs)
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [asked, isNamed])
  return isNamed ? answered : null
}
