//! A question that anybody may put is stored: so often from one address, with what hangs on it
//! ([RFC 6749 §4.1.1], [RFC 8628 §3.1]).
//!
//! [RFC 6749 §4.1.1]: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1
//! [RFC 8628 §3.1]: https://www.rfc-editor.org/rfc/rfc8628#section-3.1

use crate::app::App;
use crate::domain::approval::Approval;
use crate::domain::change::Effect;
use crate::domain::event::EventKind;
use crate::domain::limit::Count;
use crate::domain::origin::Occasion;
use crate::metrics::Funnel;
use crate::store::StoreError;

/// Stores a question, and `effects` with it.
///
/// # Errors
///
/// Beyond the hourly limit of an address nothing is stored.
pub async fn put(
    app: &App,
    approval: Approval,
    mut effects: Vec<Effect>,
    occasion: &Occasion,
) -> Result<(), StoreError> {
    let most = app.settings.limits.authorization_requests_per_address_per_hour;
    let from = occasion.from.address.as_str();
    let count = Count::hourly("authorization:address", from, most.into(), occasion.at);
    let event = approval.record(EventKind::AuthorizationRequested, occasion);
    effects.extend([Effect::Count(count), Effect::Ask(Box::new(approval)), Effect::Record(event)]);
    app.store.apply(effects).await?;
    app.metrics.funnel(Funnel::Asked);
    Ok(())
}
