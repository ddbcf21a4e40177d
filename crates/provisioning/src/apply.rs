//! Carrying out a plan: one recorded step at a time for each thing, side by side where one does not need the other.

use std::collections::HashMap;
use std::sync::Arc;

use api::infrastructure::progress::{Applied, ApplyEvent, OpenStep, StepOutcome};
use model::infrastructure::{RecordedStep, StepState};
use tokio::task::JoinSet;
use tracing::{info, warn};

use super::perform::{Context, NotDone};
use super::plan::Plan;
use super::step::Step;

/// Tries of a step that meets passing trouble.
const TRIES: u32 = 3;
const WAIT: std::time::Duration = std::time::Duration::from_secs(5);

/// The steps, and what they wait for.
struct Schedule {
    steps: Vec<Option<Step>>,
    /// How many steps each one still waits for.
    open: Vec<usize>,
    /// By number: those that wait for it, and whether they need it done.
    dependents: Vec<Vec<(usize, bool)>>,
    ready: Vec<usize>,
}

/// How a step ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Done,
    /// It failed, or never began.
    Undone,
}

impl Schedule {
    fn new(plan: Plan) -> Self {
        let numbers: HashMap<String, usize> =
            plan.steps.iter().enumerate().map(|(number, step)| (step.key(), number)).collect();
        let count = plan.steps.len();
        let (mut open, mut dependents) = (vec![0; count], vec![Vec::new(); count]);
        for (number, step) in plan.steps.iter().enumerate() {
            let needed = step.after.iter().map(|key| (key, true));
            for (key, needs_done) in needed.chain(step.behind.iter().map(|key| (key, false))) {
                // What is not planned is done already.
                if let Some(before) = numbers.get(key) {
                    open[number] += 1;
                    dependents[*before].push((number, needs_done));
                }
            }
        }
        let ready = (0..count).filter(|number| open[*number] == 0).collect();
        Self { steps: plan.steps.into_iter().map(Some).collect(), open, dependents, ready }
    }

    fn next(&mut self) -> Option<(usize, Step)> {
        loop {
            let number = self.ready.pop()?;
            if let Some(step) = self.steps[number].take() {
                return Some((number, step));
            }
        }
    }

    /// A step has ended; gives the steps that can never begin now, with the key of what they needed.
    fn ended(&mut self, number: usize, key: &str, end: End) -> Vec<(Step, String)> {
        let mut skipped = Vec::new();
        let mut ends = vec![(number, key.to_owned(), end)];
        while let Some((number, key, end)) = ends.pop() {
            for (dependent, needs_done) in std::mem::take(&mut self.dependents[number]) {
                if needs_done && end == End::Undone {
                    let Some(step) = self.steps[dependent].take() else { continue };
                    ends.push((dependent, step.key(), End::Undone));
                    skipped.push((step, key.clone()));
                    continue;
                }
                self.open[dependent] -= 1;
                if self.open[dependent] == 0 {
                    self.ready.push(dependent);
                }
            }
        }
        skipped
    }
}

/// Carries out a plan. Dropping the future stops it: what was begun is recorded, and begun again by the next apply.
pub(super) async fn run(context: &Arc<Context>, plan: Plan) -> Applied {
    let mut applied = Applied { problems: plan.problems.clone(), ..Applied::default() };
    let mut schedule = Schedule::new(plan);
    let mut running: JoinSet<(usize, Step, Result<(), NotDone>)> = JoinSet::new();
    loop {
        while let Some((number, step)) = schedule.next() {
            let context = Arc::clone(context);
            running.spawn(async move {
                let result = carry_out(&context, &step).await;
                (number, step, result)
            });
        }
        let Some(ended) = running.join_next().await else { return applied };
        let Ok((number, step, result)) = ended else { continue };
        let end = if result.is_ok() { End::Done } else { End::Undone };
        conclude(context, &step, result.err(), &mut applied);
        for (step, before) in schedule.ended(number, &step.key(), end) {
            let problem = format!("{before} comes first");
            context.tell(ApplyEvent::Ended {
                key: step.key(),
                outcome: StepOutcome::Skipped,
                problem: Some(problem.clone()),
            });
            applied.open.push(open(&step, StepOutcome::Skipped, problem));
        }
    }
}

fn conclude(context: &Context, step: &Step, trouble: Option<NotDone>, applied: &mut Applied) {
    let (outcome, problem) = match trouble {
        None => (StepOutcome::Done, None),
        // NotDone that stayed may be over by the next time.
        Some(NotDone::Pending(why) | NotDone::Passing(why)) => (StepOutcome::Pending, Some(why)),
        Some(NotDone::AwaitingApproval(why)) => (StepOutcome::AwaitingApproval, Some(why)),
        Some(NotDone::Failed(why)) => (StepOutcome::Failed, Some(why)),
    };
    match &problem {
        None => applied.done += 1,
        Some(problem) => applied.open.push(open(step, outcome, problem.clone())),
    }
    context.tell(ApplyEvent::Ended { key: step.key(), outcome, problem });
}

fn open(step: &Step, outcome: StepOutcome, problem: String) -> OpenStep {
    OpenStep { key: step.key(), message: step.action.message(), outcome, problem }
}

/// One step: written down, done, written down.
async fn carry_out(context: &Arc<Context>, step: &Step) -> Result<(), NotDone> {
    let key = step.key();
    let _turn = context.turn(&step.action).await;
    note(context, &key, StepState::Begun, None).await?;
    context.tell(ApplyEvent::Began { key: key.clone(), message: step.action.message() });
    let mut tries = 0;
    let result = loop {
        tries += 1;
        match context.perform(&step.action).await.map_err(NotDone::clean) {
            Err(NotDone::Passing(why)) if tries < TRIES => {
                context
                    .tell(ApplyEvent::Progress { key: key.clone(), message: format!("{why}; trying again") });
                context.azure.provisioning.clock.sleep(WAIT * tries).await;
            }
            result => break result,
        }
    };
    let name = &context.azure.account.name;
    match &result {
        Ok(()) => {
            info!(account = %name, step = key, "a step of provisioning is done");
            note(context, &key, StepState::Done, None).await?;
            let memory = context.azure.provisioning.store.infrastructure();
            memory.use_approval(context.azure.account.id, key).await?;
        }
        Err(NotDone::Pending(why) | NotDone::Passing(why)) => {
            note(context, &key, StepState::Pending, Some(why)).await?;
        }
        Err(NotDone::AwaitingApproval(why)) => {
            note(context, &key, StepState::AwaitingApproval, Some(why)).await?;
        }
        Err(NotDone::Failed(why)) => {
            warn!(account = %name, step = key, reason = why, "a step of provisioning failed");
            note(context, &key, StepState::Failed, Some(why)).await?;
        }
    }
    result
}

async fn note(context: &Context, key: &str, state: StepState, problem: Option<&str>) -> Result<(), NotDone> {
    let step = RecordedStep {
        key: key.to_owned(),
        state,
        problem: problem.map(str::to_owned),
        tries: 0,
        at: context.azure.provisioning.clock.now(),
    };
    let noted =
        context.azure.provisioning.store.infrastructure().note_step(context.azure.account.id, step).await;
    noted.map_err(|error| NotDone::Failed(model::error_chain(&error)))
}
