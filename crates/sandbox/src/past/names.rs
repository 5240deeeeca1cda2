//! Names of people, departments and things.

pub(super) const GIVEN: &[&str] = &[
    "Ada", "Anton", "Bela", "Bruno", "Carla", "Cem", "Clara", "David", "Dora", "Elif", "Emil",
    "Erik", "Eva", "Felix", "Fiona", "Georg", "Grace", "Hanna", "Henry", "Ida", "Igor", "Irene",
    "Jakob", "Jane", "Jonas", "Julia", "Karim", "Karl", "Kira", "Lea", "Leo", "Lena", "Liam",
    "Mara", "Mark", "Milan", "Mona", "Nadia", "Nils", "Nina", "Olga", "Oscar", "Paul", "Petra",
    "Ravi", "Rita", "Robin", "Sam", "Sara", "Simon", "Sofia", "Tara", "Theo", "Tom", "Vera",
    "Victor", "Wanda", "Yara", "Yusuf", "Zoe",
];

pub(super) const SURNAMES: &[&str] = &[
    "Abel", "Adler", "Albers", "Baker", "Barth", "Becker", "Berger", "Bishop", "Brandt", "Burke",
    "Carver", "Conrad", "Cooper", "Dietz", "Doyle", "Ebert", "Ellis", "Engel", "Falk", "Fischer",
    "Foster", "Frank", "Gerber", "Graham", "Gruber", "Haas", "Hansen", "Hart", "Heller", "Hobbs",
    "Jansen", "Jung", "Kaya", "Keller", "Kemp", "Koch", "Kramer", "Lange", "Lorenz", "Ludwig",
    "Marsh", "Mason", "Meyer", "Moreno", "Moser", "Nolan", "Novak", "Otto", "Palmer", "Peters",
    "Quinn", "Reed", "Richter", "Roth", "Sander", "Schulz", "Seidel", "Sharp", "Stein", "Sutton",
    "Thorne", "Ulrich", "Vogel", "Wagner", "Walsh", "Weber", "Wirth", "Yilmaz", "Ziegler", "Zorn",
];

pub(super) const DEPARTMENTS: &[&str] = &[
    "Sales",
    "Marketing",
    "Operations",
    "Production",
    "Logistics",
    "Customer Service",
    "Engineering",
    "Purchasing",
    "Quality",
];

pub(super) const GROUPS: &[&str] = &["Share", "Reports", "Archive"];

pub(super) const PROJECTS: &[&str] =
    &["Project Falcon", "Board Papers", "Price Lists", "Site Photos", "Harbour Tower"];

pub(super) const MAILBOXES: &[&str] =
    &["info", "orders", "invoices", "support", "jobs", "returns", "press"];

pub(super) const COMPANIES: &[&str] = &[
    "Alder", "Birch", "Cedar", "Dune", "Elm", "Fjord", "Glen", "Heath", "Iris", "Juniper", "Kelp",
    "Larch", "Maple", "Nettle", "Oak", "Pine", "Quarry", "Reed", "Spruce", "Thistle",
];

pub(super) const TRADES: &[&str] =
    &["Logistics", "Dental", "Builders", "Foods", "Legal", "Tools", "Media", "Optics"];

pub(super) const TECHNICIANS: &[&str] =
    &["kim.tech", "alex.desk", "jo.service", "pat.field", "chris.remote"];
