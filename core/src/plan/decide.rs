//! The decisions: which questions the server is asked, and what follows from its answers.

use std::collections::{BTreeMap, BTreeSet};

use ecow::{EcoString, eco_format};

use super::adoption::{Adoption, standing};
use super::conflict::{Conflict, Settled, is_own, settle};
use super::crd::crd_losses;
use super::doubt::{Applied, is_plain_change, is_plain_create};
use super::immutable::{immutable_fields, says_immutable};
use super::inventory::{Entry, Kept, kept, prunable};
use super::live::{Answer, DryRun, LiveState, Refusal, Sight};
use super::lookup::Lookup;
use super::managed::{ManagedEntry, Ownership};
use super::noise::clean;
use super::order::{is_ground, levels};
use super::policy::{Policy, Rule, Settlement};
use super::predict::{predict, without_released};
use super::release::SourceName;
use super::steps::{Action, Basis, HookPolicy, Phase, Plan, PlannedChange, ReleaseName, Relied, Step};
use super::wish::{Wish, wishes};
use crate::diag::{Diagnostic, Diagnostics, Outcome};
use crate::diff::{self, Change};
use crate::object::{Gvk, Object, ObjectKey, ObjectSet, TypeFacts};
use crate::source::Span;
use crate::value::Value;
use crate::yaml::Node;

/// What a plan is made of.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The release.
    pub release: &'a ReleaseName,
    /// The revision that the plan makes.
    pub revision: u64,
    /// The objects that are wished for.
    pub desired: &'a ObjectSet,
    /// The hooks that run with them, in their order.
    pub hooks: &'a [HookWish],
    /// How objects are marked as belonging to the release.
    pub stamp: Stamp,
    /// What earlier revisions made or were about to make, since the last one that was carried out completely.
    pub inventory: &'a [Entry],
    /// What was seen of the cluster.
    pub live: &'a LiveState,
    /// What the plan may do.
    pub policy: &'a Policy,
    /// Facts about types.
    pub facts: &'a dyn TypeFacts,
    /// What charts looked up.
    pub lookups: &'a [Lookup],
    /// What the release applied last: with it the server is not asked where its answer could not change what is done.
    /// `None` asks about everything.
    pub applied: Option<&'a Applied>,
}

/// A hook that is to run.
#[derive(Debug, Clone, PartialEq)]
pub struct HookWish {
    /// The object.
    pub object: Object,
    /// Before or after the objects of the release.
    pub phase: Phase,
    /// Its place among the hooks of its phase.
    pub weight: i64,
    /// When it is deleted.
    pub policy: HookPolicy,
}

/// How objects are marked as belonging to a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// With the annotation `rhumb.dev/release`.
    Rhumb,
    /// With Helm's label and annotations, for a release that Helm goes on with.
    Helm,
    /// As they are found, for a comparison that takes nothing into a release: whoever they belong to, they stay marked.
    AsFound,
}

/// Returns the objects that must be looked for before anything is asked or decided: those that are wished for, and
/// those of the inventory.
pub fn keys(input: &Input<'_>) -> Vec<(ObjectKey, Gvk)> {
    let (wishes, _) = wishes(input);
    let wished = wishes.into_iter().map(|wish| (wish.key, wish.gvk));
    let known = input.inventory.iter().map(|entry| (entry.key.clone(), entry.gvk.clone()));
    let mut seen = BTreeSet::new();
    wished.chain(known).filter(|(key, _)| seen.insert(key.clone())).collect()
}

/// Returns the dry runs that the server has not been asked for yet, or must be asked for anew because its answer named
/// conflicts that are settled. Empty when [`make`] has all that it can get; a front-end asks in rounds, and two or
/// three are enough.
pub fn requests(input: &Input<'_>) -> Vec<DryRun> {
    let (wishes, _) = wishes(input);
    let grounds = grounds(&wishes, input);
    wishes.iter().filter_map(|wish| question(wish, &grounds, input)).collect()
}

/// Makes a plan. With errors among the findings it is there to be looked at and must not be carried out.
pub fn make(input: &Input<'_>) -> Outcome<Plan> {
    let (wishes, mut findings) = wishes(input);
    let grounds = grounds(&wishes, input);
    let given: Vec<(ObjectKey, &Value)> = wishes.iter().map(|wish| (wish.key.clone(), &wish.manifest)).collect();
    let levels = levels(&given).unwrap_or_else(|reason| {
        findings.push(Diagnostic::error("plan-order", reason));
        super::order::Levels { level: vec![0; wishes.len()], awaited: vec![false; wishes.len()] }
    });
    let mut steps = Vec::with_capacity(wishes.len());
    for (place, wish) in wishes.iter().enumerate() {
        let mut decision = Decision { input, wish, grounds: &grounds, findings: &mut findings };
        let mut step = decision.step();
        step.level = levels.level[place];
        step.awaited = levels.awaited[place] || is_ground(&wish.key);
        steps.push(step);
    }
    steps.extend(hook_steps(input));
    let wished: BTreeSet<ObjectKey> = wishes.iter().map(|wish| wish.key.clone()).collect();
    steps.extend(prune_steps(input, &wished, &mut findings));
    steps.sort_by_key(|step| (step.phase, step.level));
    let plan = Plan {
        release: input.release.clone(),
        revision: input.revision,
        manager: input.policy.manager.clone(),
        cluster_uid: input.live.cluster_uid.clone(),
        server_version: input.live.version.clone(),
        source: SourceName::default(),
        lookups: input.lookups.to_vec(),
        steps,
    };
    Outcome { value: plan, diagnostics: findings }
}

/// What all objects stand on.
#[derive(Default)]
struct Grounds {
    /// The namespaces and kinds that are not there and that the plan itself makes.
    namespaces: BTreeSet<EcoString>,
    kinds: BTreeSet<(EcoString, EcoString)>,
    /// What the inventory has, with its uid.
    known: BTreeSet<(ObjectKey, EcoString)>,
}

impl Grounds {
    // Why the server cannot be asked about an object yet.
    fn missing(&self, wish: &Wish) -> Option<EcoString> {
        if self.namespaces.contains(&wish.key.namespace) {
            return Some(eco_format!("its namespace {} comes with the same plan", wish.key.namespace));
        }
        let kind = (wish.key.group.clone(), wish.key.kind.clone());
        self.kinds.contains(&kind).then(|| eco_format!("the definition of {} comes with the same plan", kind.1))
    }
}

fn grounds(wishes: &[Wish], input: &Input<'_>) -> Grounds {
    let known = input.inventory.iter().map(|entry| (entry.key.clone(), entry.uid.clone())).collect();
    let mut grounds = Grounds { known, ..Grounds::default() };
    if input.policy.create_namespace {
        grounds.namespaces.insert(input.release.namespace.clone());
    }
    for wish in wishes.iter().filter(|wish| input.live.object(&wish.key).is_none()) {
        match (wish.key.group.as_str(), wish.key.kind.as_str()) {
            ("", "Namespace") => drop(grounds.namespaces.insert(wish.key.name.clone())),
            ("apiextensions.k8s.io", "CustomResourceDefinition") => {
                let spec = wish.manifest.get("spec");
                let text = |value: Option<&Value>| value.and_then(Value::as_str).map(EcoString::from);
                let group = text(spec.and_then(|spec| spec.get("group")));
                let kind = text(spec.and_then(|spec| spec.get("names")?.get("kind")));
                grounds.kinds.extend(group.zip(kind));
            }
            _ => {}
        }
    }
    grounds
}

// The managers whose fields become ours when an object changes hands: what kubectl and Helm write as, in both ways.
const HANDED_OVER: [&str; 6] =
    ["kubectl-client-side-apply", "kubectl", "kubectl-create", "kubectl-replace", "helm", "Helm"];

fn hand_over(wish: &Wish, live: &Value, policy: &Policy) -> Vec<EcoString> {
    let takes = policy.adopts(&wish.key) || wish.is_from_helm;
    let mut managers: Vec<EcoString> = Vec::new();
    for entry in Ownership::of(live).0 {
        // A release that goes over to Helm takes along what rhumb applied.
        let known = (takes && HANDED_OVER.contains(&entry.manager.as_str()))
            || (wish.is_from_rhumb && entry.manager == Policy::default().manager);
        let known = known && entry.subresource.is_empty();
        if known && !is_own(&entry, &policy.manager) && !managers.contains(&entry.manager) {
            managers.push(entry.manager);
        }
    }
    managers
}

// The policy for one object: whoever hands it over lets go of its fields.
fn policy_for(wish: &Wish, live: &Value, policy: &Policy) -> (Policy, Vec<EcoString>) {
    let managers = hand_over(wish, live, policy);
    let mut policy = policy.clone();
    if !managers.is_empty() {
        let rule = Rule { objects: vec![], fields: vec![], managers: managers.clone(), settle: Settlement::Mine };
        policy.rules.push(rule);
    }
    (policy, managers)
}

fn question(wish: &Wish, grounds: &Grounds, input: &Input<'_>) -> Option<DryRun> {
    if grounds.missing(wish).is_some() {
        return None;
    }
    let ask = |object: Value, force| DryRun { key: wish.key.clone(), gvk: wish.gvk.clone(), object, force };
    let before = input.live.answers.get(&wish.key);
    let live = match input.live.objects.get(&wish.key) {
        Some(Sight::Object(live)) => live,
        Some(Sight::Absent) if is_plain_create(wish, input) => return None,
        // What cannot be seen may still be asked about.
        Some(Sight::Absent | Sight::Unseen(_)) => return before.is_none().then(|| ask(wish.manifest.clone(), false)),
        None => return None,
    };
    let (policy, managers) = policy_for(wish, live, input.policy);
    let of = (&wish.key, &wish.gvk);
    match before {
        None => {
            let settled = settle(of, &wish.manifest, live, None, &policy, input.facts).ok()?;
            if managers.is_empty() && is_plain_change(wish, live, &settled, input) {
                return None;
            }
            // With any conflict left open the server is asked without force, so that it names them all.
            let force = settled.force && settled.open().next().is_none();
            Some(ask(settled.object, force))
        }
        Some((asked, Answer::Refused(refusal))) if refusal.is_conflict() && !asked.force => {
            let settled = settle(of, &asked.object, live, Some(refusal), &policy, input.facts).ok()?;
            let again = ask(settled.object.clone(), settled.force);
            (settled.open().next().is_none() && again != *asked).then_some(again)
        }
        Some(_) => None,
    }
}

struct Decision<'a, 'f> {
    input: &'a Input<'a>,
    wish: &'a Wish,
    grounds: &'a Grounds,
    findings: &'f mut Diagnostics,
}

impl Decision<'_, '_> {
    fn report(&mut self, finding: Diagnostic) {
        self.findings.push(finding.object(eco_format!("{}", self.wish.key)).at(self.wish.span));
    }

    fn blank(&self, action: Action) -> Step {
        Step::new(self.wish.key.clone(), self.wish.gvk.clone(), action, Phase::Apply)
    }

    fn step(&mut self) -> Step {
        match self.input.live.sight(&self.wish.key) {
            Sight::Absent => self.create(),
            Sight::Object(live) => self.change(&live),
            Sight::Unseen(_) if self.grounds.missing(self.wish).is_some() => self.create(),
            Sight::Unseen(reason) => {
                self.report(
                    Diagnostic::warning("plan-unseen", format!("what is there cannot be seen: {reason}"))
                        .help("it is applied without being compared"),
                );
                let mut step = self.create();
                step.action = Action::Update;
                step
            }
        }
    }

    fn create(&mut self) -> Step {
        let mut step = self.blank(Action::Create);
        step.manifest = Some(self.wish.manifest.clone());
        let local = match (self.grounds.missing(self.wish), self.answer()) {
            (Some(reason), _) => reason,
            (None, Some(Answer::Object(after))) => {
                step.after = Some(clean(after));
                return step;
            }
            (None, Some(Answer::Refused(refusal))) => self.refused(&refusal.clone()),
            (None, Some(Answer::NotAsked(reason))) => reason.clone(),
            (None, None) if is_plain_create(self.wish, self.input) => {
                step.after = Some(clean(&self.wish.manifest));
                step.basis = Basis::Known;
                return step;
            }
            (None, None) => "the server was not asked".into(),
        };
        step.after = Some(clean(&self.wish.manifest));
        step.basis = Basis::Local(local);
        step
    }

    fn answer(&self) -> Option<&Answer> {
        self.input.live.answers.get(&self.wish.key).map(|(_, answer)| answer)
    }

    // Reports a refusal that stands against the plan; returns why the outcome is not known from the server.
    fn refused(&mut self, refusal: &Refusal) -> EcoString {
        if refusal.is_not_allowed() {
            return eco_format!("the server does not let this account ask: {}", refusal.message);
        }
        if refusal.is_missing_ground() {
            self.report(
                Diagnostic::error(
                    "plan-refused",
                    format!("the server does not know where it belongs: {}", refusal.message),
                )
                .help(
                    "create it first, or let the source contain it; `--create-namespace` makes the namespace of the release",
                ),
            );
            return refusal.message.clone();
        }
        let mut finding = Diagnostic::error("plan-refused", format!("the server would refuse it: {}", refusal.message));
        for cause in refusal.causes.iter().take(20) {
            finding = finding.note(eco_format!("{}: {}", cause.field, cause.message));
        }
        self.report(finding);
        "the server would refuse it".into()
    }

    fn change(&mut self, live: &Value) -> Step {
        if !self.may_touch(live) {
            let mut step = self.blank(Action::Unchanged);
            step.relied = Some(relied(live, &[]));
            return step;
        }
        let (policy, managers) = policy_for(self.wish, live, self.input.policy);
        let is_mine = |entry: &ManagedEntry| {
            is_own(entry, &policy.manager) || (managers.contains(&entry.manager) && entry.subresource.is_empty())
        };
        let answered = self.input.live.answers.get(&self.wish.key).cloned();
        let refusal = match &answered {
            Some((_, Answer::Refused(refusal))) if refusal.is_conflict() => Some(refusal),
            _ => None,
        };
        let base =
            answered.as_ref().filter(|_| refusal.is_some()).map_or(&self.wish.manifest, |(asked, _)| &asked.object);
        let settled = settle((&self.wish.key, &self.wish.gvk), base, live, refusal, &policy, self.input.facts);
        let mut settled = settled.unwrap_or_else(|reason| {
            self.report(Diagnostic::error("plan-conflict-rule", reason));
            Settled { object: self.wish.manifest.clone(), force: false, conflicts: Vec::new(), changes: Vec::new() }
        });
        let mut step = self.blank(Action::Update);
        step.hand_over = managers.clone();
        step.basis = match answered {
            Some((asked, Answer::Object(after))) => {
                // The server agreed, so what was left open was no conflict.
                settled.conflicts.retain(|conflict| conflict.settlement.is_some());
                (settled.object, settled.force) = (asked.object, asked.force);
                step.manifest = Some(settled.object.clone());
                let owned = self.owned_alike(live, &after) && managers.is_empty();
                let after = without_released(&after, &settled.object, &is_mine);
                self.compare(&mut step, live, &after, owned);
                step.force = settled.force;
                step.conflicts = settled.conflicts;
                return self.checked(step, live);
            }
            Some((_, Answer::Refused(refusal))) if refusal.is_conflict() => {
                Basis::Local("other managers own fields of it".into())
            }
            Some((_, Answer::Refused(refusal))) if says_immutable(&refusal) => {
                step.action = Action::Recreate;
                Basis::Local(refusal.message)
            }
            Some((_, Answer::Refused(refusal))) => Basis::Local(self.refused(&refusal)),
            Some((_, Answer::NotAsked(reason))) => Basis::Local(reason),
            None => match self.grounds.missing(self.wish) {
                Some(reason) => Basis::Local(reason),
                None if managers.is_empty() && is_plain_change(self.wish, live, &settled, self.input) => Basis::Known,
                None => Basis::Local("the server was not asked".into()),
            },
        };
        self.report_conflicts(&settled.conflicts);
        let after = predict(live, &settled.object, &is_mine, &self.wish.gvk, self.input.facts);
        let recreate = step.action == Action::Recreate;
        step.manifest = Some(settled.object);
        step.force = settled.force;
        step.conflicts = settled.conflicts;
        let owned = managers.is_empty() && Ownership::of(live).applied_by(&policy.manager).is_some();
        self.compare(&mut step, live, &after, owned);
        if recreate {
            step.action = Action::Recreate;
        }
        self.checked(step, live)
    }

    // Whether the object is ours to change, and says so where it is not.
    fn may_touch(&mut self, live: &Value) -> bool {
        let uid = uid(live);
        let known = || self.grounds.known.contains(&(self.wish.key.clone(), uid.clone()));
        let standing = standing(live, self.input.release);
        if self.input.stamp == Stamp::AsFound {
            if let Adoption::Foreign(owner) = standing {
                self.report(Diagnostic::warning("plan-foreign", format!("it belongs to {owner}")));
            }
            return true;
        }
        match standing {
            Adoption::Foreign(owner) => {
                let message = format!("it exists already and belongs to {owner}");
                self.report(Diagnostic::error("plan-foreign", message));
                false
            }
            Adoption::Ours => true,
            Adoption::Adoptable(_) if known() || self.input.policy.adopts(&self.wish.key) => true,
            Adoption::Adoptable(managers) => {
                let written = match managers.is_empty() {
                    true => String::new(),
                    false => format!(", written by {}", managers.join(", ")),
                };
                let message = format!("it exists already and belongs to no release{written}");
                let help = format!("take it into the release with `--adopt {}`", self.wish.key);
                self.report(Diagnostic::error("plan-adoptable", message).help(help));
                false
            }
        }
    }

    fn owned_alike(&self, live: &Value, after: &Value) -> bool {
        let manager = &self.input.policy.manager;
        let (before, after) = (Ownership::of(live), Ownership::of(after));
        match (before.applied_by(manager), after.applied_by(manager)) {
            (Some(before), Some(after)) => before.fields == after.fields,
            (None, None) => true,
            _ => false,
        }
    }

    fn compare(&self, step: &mut Step, live: &Value, after: &Value, owned: bool) {
        let (before, after) = (clean(live), clean(after));
        let node = |value: &Value| Node::from_value(value, Span::NONE, None);
        let changes = diff::changes(&node(&before), &node(&after), &self.wish.gvk, self.input.facts);
        step.action = match (changes.is_empty(), owned) {
            (true, true) => Action::Unchanged,
            (true, false) => Action::Own,
            (false, _) => Action::Update,
        };
        if step.action == Action::Update
            && matches!(step.basis, Basis::Local(_))
            && !immutable_fields(&self.wish.gvk, live, &changes).is_empty()
        {
            step.action = Action::Recreate;
        }
        step.relied = Some(relied(live, &changes));
        let owners = Ownership::of(live);
        step.changes = changes
            .into_iter()
            .map(|change| planned(change, &self.wish.gvk, &owners, &self.input.policy.manager))
            .collect();
        step.after = Some(after);
    }

    fn report_conflicts(&mut self, conflicts: &[Conflict]) {
        for conflict in conflicts.iter().filter(|conflict| conflict.settlement.is_none()) {
            let since = if conflict.since.is_empty() { String::new() } else { format!(" since {}", conflict.since) };
            let message = format!("`{}` is owned by `{}`{since}", conflict.path, conflict.manager);
            let help = format!(
                "settle it with the annotation `{}: \"mine: {path}\"` (or `yield`, or `ignore`), or with a policy file",
                super::policy::CONFLICTS_ANNOTATION,
                path = conflict.path
            );
            self.report(Diagnostic::error("plan-conflict", message).help(help));
        }
    }

    // What must not happen without being asked for.
    fn checked(&mut self, step: Step, live: &Value) -> Step {
        let policy = self.input.policy;
        let (group, kind) = (self.wish.key.group.as_str(), self.wish.key.kind.as_str());
        if step.action == Action::Recreate {
            let fields: Vec<String> = step.changes.iter().map(|change| change.path.to_string()).take(5).collect();
            let loses = match (group, kind) {
                ("", "Namespace") => (!policy.prune_namespaces).then_some("--prune-namespaces"),
                ("", "PersistentVolume" | "PersistentVolumeClaim") => {
                    (!policy.prune_volumes).then_some("--prune-volumes")
                }
                ("apiextensions.k8s.io", _) => (!policy.prune_crds).then_some("--prune-crds"),
                _ => None,
            };
            let flags: Vec<&str> = (!policy.recreate).then_some("--recreate").into_iter().chain(loses).collect();
            if !flags.is_empty() {
                let message = format!("it cannot be changed in place ({})", fields.join(", "));
                let help = format!("`{}` deletes it and makes it anew", flags.join(" "));
                self.report(Diagnostic::error("plan-recreate", message).help(help));
            }
        }
        if (group, kind) == ("apiextensions.k8s.io", "CustomResourceDefinition") && !policy.lose_custom_data {
            for loss in crd_losses(live, &self.wish.manifest) {
                let finding = Diagnostic::error("plan-crd-loss", loss.to_string());
                self.report(finding.help("`--lose-custom-data` does it all the same"));
            }
        }
        step
    }
}

fn uid(object: &Value) -> EcoString {
    object.get("metadata").and_then(|metadata| metadata.get("uid")?.as_str()).unwrap_or_default().into()
}

fn relied(live: &Value, changes: &[Change]) -> Relied {
    let owners = Ownership::of(live);
    let names = |change: &Change| {
        let mut names: Vec<EcoString> = owners.owners(&change.path).map(|entry| entry.manager.clone()).collect();
        names.sort_unstable();
        names.dedup();
        (change.path.to_string(), names)
    };
    Relied { uid: uid(live), object: clean(live), owners: changes.iter().map(names).collect() }
}

fn planned(change: Change, gvk: &Gvk, owners: &Ownership, manager: &str) -> PlannedChange {
    let mut others: Vec<EcoString> = owners
        .owners(&change.path)
        .filter(|entry| !is_own(entry, manager))
        .map(|entry| entry.manager.clone())
        .collect();
    others.sort_unstable();
    others.dedup();
    let (mut before, mut after) = (change.before, change.after);
    diff::mask_field(&change.path, &mut before, &mut after, gvk);
    let value = |node: Option<Node>| node.map(|node| node.to_value());
    PlannedChange { path: change.path, kind: change.kind, before: value(before), after: value(after), owners: others }
}

fn hook_steps(input: &Input<'_>) -> Vec<Step> {
    let mut hooks: Vec<&HookWish> = input.hooks.iter().collect();
    hooks.sort_by_key(|hook| (hook.phase, hook.weight));
    let mut counts: BTreeMap<Phase, u32> = BTreeMap::new();
    let mut steps = Vec::with_capacity(hooks.len());
    for hook in hooks {
        let wish = Wish::of(&hook.object, input);
        let level = counts.entry(hook.phase).or_default();
        let mut step = Step::new(wish.key, wish.gvk, Action::RunHook, hook.phase);
        step.level = *level;
        step.manifest = Some(wish.manifest);
        step.hook = Some(hook.policy);
        step.awaited = true;
        *level += 1;
        steps.push(step);
    }
    steps
}

fn prune_steps(input: &Input<'_>, wished: &BTreeSet<ObjectKey>, findings: &mut Diagnostics) -> Vec<Step> {
    let mut steps = Vec::new();
    for entry in prunable(input.inventory, wished) {
        let about = |finding: Diagnostic| finding.object(eco_format!("{}", entry.key));
        let live = match input.live.sight(&entry.key) {
            Sight::Absent => continue,
            Sight::Object(live) => live,
            Sight::Unseen(reason) => {
                let message = format!("it is no longer wished for, and what is there cannot be seen: {reason}");
                findings.push(about(Diagnostic::warning("plan-unseen", message)));
                continue;
            }
        };
        let mut step = Step::new(entry.key.clone(), entry.gvk.clone(), Action::Delete, Phase::Prune);
        step.relied = Some(relied(&live, &[]));
        // What a run made that died before it could tell the uid is known by its mark.
        let is_ours = match standing(&live, input.release) {
            Adoption::Ours => true,
            Adoption::Adoptable(_) => entry.uid.is_empty() || entry.uid == uid(&live),
            Adoption::Foreign(_) => false,
        };
        if !is_ours {
            step.action = Action::Forget;
        } else if let Some(why) = kept(entry, &live, input.policy) {
            step.action = if matches!(why, Kept::Annotation(_)) { Action::Forget } else { Action::Keep };
            findings.push(about(match why {
                Kept::Annotation(name) => Diagnostic::new(
                    crate::diag::Severity::Info,
                    "plan-kept",
                    format!("it is no longer wished for and stays, as its annotation `{name}` says"),
                ),
                Kept::Guarded(flag) => {
                    Diagnostic::warning("plan-kept", "it is no longer wished for and stays".to_owned())
                        .help(format!("`{flag}` deletes it with all that it holds"))
                }
                Kept::NoPrune => Diagnostic::warning("plan-kept", "it is no longer wished for and stays".to_owned()),
            }));
        }
        steps.push(step);
    }
    let given: Vec<(ObjectKey, &Value)> = steps.iter().map(|step| (step.key.clone(), &Value::Null)).collect();
    // Nothing names dependencies here, so there is no circle.
    let levels = levels(&given).unwrap_or_default().level;
    let last = levels.iter().copied().max().unwrap_or_default();
    for (step, level) in steps.iter_mut().zip(levels) {
        step.level = last - level;
    }
    steps
}

/// Returns the steps that delete a whole release: all that its inventory names, hooks for deletion around it.
pub fn make_deletion(input: &Input<'_>) -> Outcome<Plan> {
    let nothing = ObjectSet::new();
    make(&Input { desired: &nothing, ..*input })
}
