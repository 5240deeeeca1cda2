//! The compiler refuses every way to a grant but the gate's own. Seen only by doc tests.
//!
//! `compile_fail` is content with any error, so each refused example stands beside a twin that
//! compiles and differs from it in nothing but the forbidden line.

/// A grant cannot be put together by hand.
///
/// ```
/// fn read(g: &gate::Grant) -> domain::Tier { g.tier() }
/// ```
/// ```compile_fail,E0616
/// fn read(g: &gate::Grant) -> domain::Tier { g.tier }
/// ```
/// ```
/// use domain::{AttemptId, Digest, Tier, UnixMs};
/// fn forge(request: gate::Request, digest: Digest, attempt: AttemptId) -> Option<gate::Grant> {
///     let (tier, approval, not_after) = (Tier::Low, None::<domain::ApprovalId>, UnixMs(0));
///     let _ = (request, digest, attempt, tier, approval, not_after);
///     None
/// }
/// ```
/// ```compile_fail,E0451
/// use domain::{AttemptId, Digest, Tier, UnixMs};
/// fn forge(request: gate::Request, digest: Digest, attempt: AttemptId) -> Option<gate::Grant> {
///     let (tier, approval, not_after) = (Tier::Low, None::<domain::ApprovalId>, UnixMs(0));
///     Some(gate::Grant { request, digest, attempt, tier, approval, not_after })
/// }
/// ```
struct GrantByHand;

/// A verdict cannot be put together by hand, nor softened.
///
/// ```
/// fn forge(request: gate::Request, record: domain::VerdictRecord) -> Option<gate::Verdict> {
///     let _ = (request, record);
///     None
/// }
/// ```
/// ```compile_fail,E0451
/// fn forge(request: gate::Request, record: domain::VerdictRecord) -> Option<gate::Verdict> {
///     Some(gate::Verdict { request, record })
/// }
/// ```
/// ```
/// fn soften(mut r: domain::VerdictRecord) { r.tier = domain::Tier::Low; }
/// ```
/// ```compile_fail,E0616
/// fn soften(mut v: gate::Verdict) { v.record.tier = domain::Tier::Low; }
/// ```
/// ```compile_fail,E0594
/// fn soften(mut v: gate::Verdict) { v.record().tier = domain::Tier::Low; }
/// ```
struct VerdictByHand;

/// Neither can be copied; a request, which permits nothing, can.
///
/// ```
/// fn copy<T: Clone>() {}
/// copy::<gate::Request>();
/// ```
/// ```compile_fail,E0277
/// fn copy<T: Clone>() {}
/// copy::<gate::Grant>();
/// ```
/// ```compile_fail,E0277
/// fn copy<T: Clone>() {}
/// copy::<gate::Verdict>();
/// ```
struct Copies;

/// Neither can be read from text; a request can.
///
/// ```
/// fn parse<T: serde::de::DeserializeOwned>() {}
/// parse::<gate::Request>();
/// ```
/// ```compile_fail,E0277
/// fn parse<T: serde::de::DeserializeOwned>() {}
/// parse::<gate::Grant>();
/// ```
/// ```compile_fail,E0277
/// fn parse<T: serde::de::DeserializeOwned>() {}
/// parse::<gate::Verdict>();
/// ```
struct FromText;

/// Neither comes out of thin air.
///
/// ```
/// fn make<T: Default>() {}
/// make::<domain::UnixMs>();
/// ```
/// ```compile_fail,E0277
/// fn make<T: Default>() {}
/// make::<gate::Grant>();
/// ```
/// ```compile_fail,E0277
/// fn make<T: Default>() {}
/// make::<gate::Verdict>();
/// ```
struct Defaults;

/// Both are gone after use.
///
/// ```
/// fn perform(_: gate::Grant) {}
/// fn once(g: gate::Grant) { perform(g); }
/// ```
/// ```compile_fail,E0382
/// fn perform(_: gate::Grant) {}
/// fn twice(g: gate::Grant) { perform(g); perform(g); }
/// ```
/// ```
/// fn once(v: gate::Verdict, id: domain::AttemptId, now: domain::UnixMs) {
///     let _ = gate::grant(v, None, id, now);
/// }
/// ```
/// ```compile_fail,E0382
/// fn twice(v: gate::Verdict, id: domain::AttemptId, now: domain::UnixMs) {
///     let _ = gate::grant(v, None, id, now);
///     let _ = gate::grant(v, None, id, now);
/// }
/// ```
struct UsedTwice;

/// Only a policy that was checked is judged by: the checked form comes from nowhere else.
///
/// ```
/// fn parse<T: serde::de::DeserializeOwned>() {}
/// parse::<gate::Policy>();
/// ```
/// ```compile_fail,E0277
/// fn parse<T: serde::de::DeserializeOwned>() {}
/// parse::<gate::CompiledPolicy>();
/// ```
/// ```
/// fn judge(p: &gate::CompiledPolicy, r: gate::Request, f: &domain::Facts, now: domain::UnixMs) {
///     let _ = gate::judge(Ok(p), r, f, now);
/// }
/// ```
/// ```compile_fail,E0308
/// fn judge(p: &gate::Policy, r: gate::Request, f: &domain::Facts, now: domain::UnixMs) {
///     let _ = gate::judge(Ok(p), r, f, now);
/// }
/// ```
struct UncheckedPolicy;
