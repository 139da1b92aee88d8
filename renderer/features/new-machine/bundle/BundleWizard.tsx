import { useEffect, useState, type ChangeEvent } from 'react'
import type { PlantFile } from '../../../../shared/domain/plant-file.ts'
import { usFromIso } from '../../../../shared/domain/time.ts'
import type { Failure } from '../../../../shared/domain/problem.ts'
import type { BundleFacts, BundlePreview } from '../../../../shared/protocol/bundle.ts'
import { bridge } from '../../../bridge/bridge.ts'
import { useTimeZone } from '../../../stores/feeds.ts'
import { navigate } from '../../../stores/router.ts'
import { toast } from '../../../stores/toasts.ts'
import { failureOf } from '../../../stores/topic.ts'
import { remember } from '../../../stores/undo.ts'
import { Field, formatTime, t } from '../../../ui/index.ts'
import { Facts, Panel } from '../../../ui/Page.tsx'
import { guessNodePattern } from '../site-draft.ts'
import { emptyBundleDraft, siteOf, type BundleDraft } from './bundle-draft.ts'
import { BundleMachines } from './BundleMachines.tsx'
import { BundleOutcome } from './BundleOutcome.tsx'
import './bundle.css'

interface Opened {
  text: string
  facts: BundleFacts
}

/** Machines of another plant: whose bundle it is, what this site has to say, and what would change. */
export function BundleWizard({ plant, firstServer }: { plant: PlantFile; firstServer: string }) {
  const [opened, setOpened] = useState<Opened | null>(null)
  const [refusal, setRefusal] = useState<Failure | null>(null)
  const choose = async (event: ChangeEvent<HTMLInputElement>): Promise<void> => {
    const file = event.target.files?.[0]
    if (!file) return
    setOpened(null)
    setRefusal(null)
    try {
      const text = await file.text()
      setOpened({ text, facts: await bridge.call('bundle.open', { text }) })
    } catch (error) {
      setRefusal(failureOf(error))
    }
  }
  return (
    <div className="stack">
      <Panel title={t('bundle.step.file')}>
        <Field label={t('bundle.file')} hint={t('bundle.fileHint')} fault={refusal?.message}>
          {(ids) => (
            <input
              {...ids}
              type="file"
              accept=".json,.bundle,application/json"
              onChange={(event) => void choose(event)}
            />
          )}
        </Field>
      </Panel>
      {opened && <Taking key={opened.facts.hash} plant={plant} firstServer={firstServer} opened={opened} />}
    </div>
  )
}

interface TakingProps {
  plant: PlantFile
  firstServer: string
  opened: Opened
}

function Taking({ plant, firstServer, opened: { text, facts } }: TakingProps) {
  const [draft, setDraft] = useState<BundleDraft>(() =>
    emptyBundleDraft(facts, {
      lineId: plant.lines[0]?.id ?? '',
      serverId: firstServer,
      nodePattern: guessNodePattern(plant.points.map(({ source }) => source.nodeId)),
    }),
  )
  const [isCompared, setIsCompared] = useState(false)
  const site = siteOf(draft)
  const { preview, failure } = useBundlePreview(text, site)
  const [isSaving, setIsSaving] = useState(false)
  const [refusal, setRefusal] = useState<Failure | null>(null)

  const take = async (replace: boolean, reason: string): Promise<void> => {
    const [first] = site?.machines ?? []
    if (!site || !first) return
    setIsSaving(true)
    setRefusal(null)
    try {
      const done = await bridge.call('bundle.import', { text, site, signer: facts.signer, replace, reason })
      const [fault] = done.faults
      if (!fault) {
        remember(t('bundle.what', { name: facts.name }), done.changes)
        toast('done', t('bundle.done', { count: site.machines.length, name: facts.name }))
        navigate({ page: 'machine', assetId: first.id })
        return
      }
      setRefusal({ code: fault.code, message: `${fault.message} ${fault.remedy}`, retryable: false })
    } catch (error) {
      setRefusal(failureOf(error))
    }
    setIsSaving(false)
  }
  return (
    <>
      <Panel title={t('bundle.step.signer')}>
        <Signer facts={facts} isCompared={isCompared} onCompared={setIsCompared} />
      </Panel>
      <Panel title={t('bundle.step.site')}>
        <BundleMachines plant={plant} facts={facts} draft={draft} onChange={setDraft} />
      </Panel>
      <Panel title={t('bundle.step.outcome')}>
        <BundleOutcome
          preview={preview}
          refusal={refusal ?? failure}
          isCompared={isCompared}
          isSaving={isSaving}
          usualReason={t('bundle.reason', { name: facts.name, plant: facts.plantName })}
          onTake={(replace, reason) => void take(replace, reason)}
        />
      </Panel>
    </>
  )
}

interface SignerProps {
  facts: BundleFacts
  isCompared: boolean
  onCompared: (isCompared: boolean) => void
}

function Signer({ facts, isCompared, onCompared }: SignerProps) {
  const zone = useTimeZone()
  const contents = t('bundle.contents', {
    machines: t('bundle.machines', { count: facts.machines.length }),
    templates: t('bundle.templates', { count: facts.templates }),
    modes: t('bundle.modes', { count: facts.failureModes }),
    bearings: t('bundle.bearings', { count: facts.bearings }),
  })
  return (
    <div className="stack">
      <Facts
        facts={[
          { label: t('bundle.name'), value: facts.name },
          { label: t('bundle.from'), value: facts.plantName },
          { label: t('bundle.madeAt'), value: formatTime(usFromIso(facts.madeAt), zone) },
          { label: t('bundle.holds'), value: contents },
          { label: t('bundle.signer'), value: <code className="bundle-signer">{facts.spoken}</code> },
        ]}
      />
      <label className="bundle-check">
        <input type="checkbox" checked={isCompared} onChange={(event) => onCompared(event.target.checked)} />
        <span>
          {t('bundle.compared', { plant: facts.plantName })}
          <span className="field-hint">{t('bundle.comparedHint')}</span>
        </span>
      </label>
    </div>
  )
}

/** Asked when typing pauses; an answer that a later question has overtaken is not shown. */
const pauseMs = 300

function useBundlePreview(
  text: string,
  site: ReturnType<typeof siteOf>,
): { preview: BundlePreview | null; failure: Failure | null } {
  const [answer, setAnswer] = useState<{ of: string; preview: BundlePreview | null; failure: Failure | null } | null>(
    null,
  )
  const asked = site === null ? null : JSON.stringify(site)
  useEffect(() => {
    if (asked === null) return undefined
    let isCurrent = true
    const timer = setTimeout(() => {
      const params = { text, site: JSON.parse(asked) as NonNullable<typeof site> }
      bridge.call('bundle.preview', params).then(
        (preview) => isCurrent && setAnswer({ of: asked, preview, failure: null }),
        (error: unknown) => isCurrent && setAnswer({ of: asked, preview: null, failure: failureOf(error) }),
      )
    }, pauseMs)
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [asked, text])
  // The last answer stays until the next one, so that nothing blinks while somebody types.
  return asked === null || answer === null ? { preview: null, failure: null } : answer
}
