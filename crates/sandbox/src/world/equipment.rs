//! Devices and licences.

use super::build::{Builder, DAY_MS, guid, pick};
use super::{Company, Device, Licence, PersonKind};
use domain::UnixMs;
use rand::RngExt;

impl Builder<'_> {
    pub(super) fn devices(&mut self, company: &mut Company) {
        let owners: Vec<String> = company
            .people
            .iter()
            .filter(|p| p.kind == PersonKind::Human)
            .map(|p| p.id.clone())
            .collect();
        let short: String = self.plan.id.chars().take(3).collect::<String>().to_uppercase();
        for (place, owner) in owners.into_iter().enumerate() {
            let (maker, model) = pick(self.rng, LAPTOPS).copied().unwrap_or(("", ""));
            let laptop = self.device(format!("{short}-LT-{:03}", 100 + place), &owner);
            company.devices.push(Device {
                os: "Windows".into(),
                os_version: "10.0.26100.4652".into(),
                maker: maker.into(),
                model: model.into(),
                ..laptop
            });
            if self.rng.random_bool(0.5) {
                let phone = self.device(format!("{short}-PH-{:03}", 100 + place), &owner);
                company.devices.push(Device {
                    os: "iOS".into(),
                    os_version: "18.5".into(),
                    maker: "Apple".into(),
                    model: "iPhone 15".into(),
                    ..phone
                });
            }
        }
    }

    fn device(&mut self, name: String, owner: &str) -> Device {
        let ago = self.rng.random_range(0..9) * DAY_MS + self.rng.random_range(0..DAY_MS);
        Device {
            id: guid(self.rng),
            name,
            os: String::new(),
            os_version: String::new(),
            maker: String::new(),
            model: String::new(),
            owner: owner.into(),
            last_seen: UnixMs(self.now.0.saturating_sub(ago) / 1000 * 1000),
        }
    }

    pub(super) fn licences(&mut self, company: &mut Company) {
        for (part_number, total, used) in [
            ("SPB", 45, 41),
            ("EXCHANGESTANDARD", 10, 3),
            ("VISIOCLIENT", 2, 2),
            ("POWER_BI_PRO", 5, 4),
        ] {
            company.licences.push(Licence {
                sku_id: guid(self.rng),
                part_number: part_number.into(),
                total,
                used,
            });
        }
    }
}

const LAPTOPS: &[(&str, &str)] = &[
    ("Dell Inc.", "Latitude 5450"),
    ("LENOVO", "ThinkPad T14 Gen 5"),
    ("HP", "EliteBook 840 G11"),
    ("Microsoft Corporation", "Surface Laptop 6"),
];
