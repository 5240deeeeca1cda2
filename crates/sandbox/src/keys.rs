//! The sandbox's own credentials, drawn from the seed.

use crate::Secret;
use crate::world::{World, guid};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// An application registered in one tenant.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) tenant: String,
    pub(crate) client_id: String,
    pub(crate) secret: Secret,
}

/// Every credential.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub(crate) cw_company: String,
    pub(crate) cw_public: String,
    pub(crate) cw_private: Secret,
    pub(crate) cw_client_id: String,
    /// Key that callbacks are signed with.
    pub(crate) cw_signing: Secret,
    pub(crate) apps: Vec<App>,
    pub(crate) ldap_bind: Secret,
}

impl Keys {
    pub(crate) fn draw(seed: u64, world: &World) -> Keys {
        // A stream of its own, so that the world's draws never shift these.
        let mut rng = StdRng::seed_from_u64(seed ^ 0x6b65_7973);
        let token =
            |rng: &mut StdRng| format!("{:016x}{:016x}", rng.random::<u64>(), rng.random::<u64>());
        Keys {
            cw_company: "riverbend".into(),
            cw_public: token(&mut rng),
            cw_private: Secret::new(token(&mut rng)),
            cw_client_id: guid(&mut rng),
            cw_signing: Secret::new(token(&mut rng)),
            apps: world
                .companies
                .iter()
                .map(|c| App {
                    tenant: c.tenant.clone(),
                    client_id: guid(&mut rng),
                    secret: Secret::new(token(&mut rng)),
                })
                .collect(),
            ldap_bind: Secret::new(format!("Bind-{}", token(&mut rng))),
        }
    }
}
