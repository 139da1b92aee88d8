export {
  evaluate,
  initialMemory,
  resetPending,
  restartTime,
  type AlertMemory,
  type AlertSample,
  type AlertStep,
  type EvaluateOptions,
} from './evaluate.ts'
export {
  acknowledge,
  awaitsOutcome,
  isClosed,
  label,
  type Acknowledged,
  type Labelled,
  type Refusal,
} from './person.ts'
export { askedLevel, limitOf } from './limits.ts'
export {
  followState,
  judgedIn,
  judgesStanding,
  limitsInForce,
  RuleByState,
  type StateMemory,
  type StateStep,
} from './operating-state.ts'
