import { useState } from 'react'
import type { Template, TemplateDecision, TemplateProposal } from '../../../../shared/domain/template.ts'
import { bridge } from '../../../bridge/bridge.ts'
import { useMay } from '../../../stores/access.ts'
import { useFeed } from '../../../stores/feeds.ts'
import { useCall } from '../../../stores/topic.ts'
import { Button, t } from '../../../ui/index.ts'
import { Panel } from '../../../ui/Page.tsx'
import { ReviewDialog } from '../ReviewDialog.tsx'
import { untouched, type Chosen } from './chosen.ts'
import { Proposal } from './Proposal.tsx'

interface UpgradeProps {
  upgrade: { template: Template; proposals: readonly TemplateProposal[] }
  onDone: () => void
}

/** One newer template: every machine it would change, each to be accepted or declined. */
export function Upgrade({ upgrade: { template, proposals }, onDone }: UpgradeProps) {
  const assets = useFeed((feeds) => feeds.plant?.plant.assets ?? [])
  const may = useMay('config.edit')
  const [chosen, setChosen] = useState<Readonly<Record<string, Chosen>>>({})
  const [asked, setAsked] = useState<TemplateDecision[] | null>(null)
  const of = (assetId: string): Chosen => chosen[assetId] ?? untouched
  const change = (assetId: string, part: Partial<Chosen>): void =>
    setChosen((before) => ({ ...before, [assetId]: { ...(before[assetId] ?? untouched), ...part } }))
  const picked = proposals.filter(({ assetId }) => of(assetId).isChosen)
  const decide = (list: readonly TemplateProposal[], decision: TemplateDecision['decision']): void =>
    setAsked(
      list.map(({ assetId }) => {
        const { takeOver, facts } = of(assetId)
        return { assetId, decision, takeOver: [...takeOver], facts: { ...facts } }
      }),
    )
  const [first] = proposals
  return (
    <Panel
      title={t('assets.templates.newer', { name: template.name, from: first?.from ?? 0, to: template.version })}
      tools={
        <>
          <Button
            kind="primary"
            disabled={!may || proposals.length === 0}
            onClick={() => decide(proposals, 'accepted')}
          >
            {t('assets.templates.acceptAll', { count: proposals.length })}
          </Button>
          <Button disabled={!may || picked.length === 0} onClick={() => decide(picked, 'accepted')}>
            {t('assets.templates.acceptChosen', { count: picked.length })}
          </Button>
          <Button disabled={!may || picked.length === 0} onClick={() => decide(picked, 'declined')}>
            {t('assets.templates.decline', { count: picked.length })}
          </Button>
        </>
      }
    >
      <p className="field-hint">{template.description}</p>
      <div className="proposals">
        {proposals.map((proposal) => (
          <Proposal
            key={proposal.assetId}
            name={assets.find(({ id }) => id === proposal.assetId)?.name ?? proposal.assetId}
            proposal={proposal}
            template={template}
            chosen={of(proposal.assetId)}
            onChange={(part) => change(proposal.assetId, part)}
          />
        ))}
      </div>
      {asked && (
        <Decide
          template={template}
          decisions={asked}
          onClose={() => setAsked(null)}
          onSaved={() => {
            setAsked(null)
            setChosen({})
            onDone()
          }}
        />
      )}
    </Panel>
  )
}

interface DecideProps {
  template: Template
  decisions: TemplateDecision[]
  onClose: () => void
  onSaved: () => void
}

function Decide({ template, decisions, onClose, onSaved }: DecideProps) {
  const hash = useFeed((feeds) => feeds.plant?.configHash ?? null)
  const preview = useCall('template.previewUpgrade', { templateId: template.id, decisions }, undefined, hash)
  const isDeclined = decisions[0]?.decision === 'declined'
  const words = { name: template.name, version: template.version, count: decisions.length }
  return (
    <ReviewDialog
      title={t(isDeclined ? 'assets.templates.declineTitle' : 'assets.templates.acceptTitle', words)}
      what={t('assets.templates.what', words)}
      preview={preview}
      save={(reason) => bridge.call('template.upgrade', { templateId: template.id, decisions, reason })}
      onClose={onClose}
      onSaved={onSaved}
    />
  )
}
