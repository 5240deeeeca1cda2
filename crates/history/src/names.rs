//! What help desks call their columns. Exports of ServiceNow, ConnectWise, Autotask, HaloPSA, Freshservice, Zendesk, Jira and Request Tracker, and what
//! people in English and German offices write above a column.

use crate::mapping::Field;

/// A field and its names without spaces and marks, the surest first. A level tells columns of a category apart.
pub(crate) struct Names {
    pub(crate) field: Field,
    pub(crate) level: u8,
    pub(crate) names: &'static str,
}

pub(crate) const NAMES: &[Names] = &[
    Names {
        field: Field::Id,
        level: 0,
        names: "number ticketnumber ticketid ticketno ticketnr ticket incidentnumber incidentid incident issuekey \
                key caseid casenumber case displayid requestid requestnumber tasknumber faultid ticketnummer fallnummer \
                vorgangsnummer vorgangsnr vorgang nummer nr id internalid issueid recordid sysid",
    },
    Names {
        field: Field::Client,
        level: 0,
        names: "company companyname client clientname customer customername account accountname organization \
                organisation organizationname organisationname tenant kunde kundenname mandant firma unternehmen",
    },
    Names {
        field: Field::Opened,
        level: 0,
        names: "openedat opened created createdat createdon createddate createdtime createdate createtime creationdate \
                creationtime datecreated dateentered dateopened dateoccurred dateoccured opendate openeddate opentime \
                syscreatedon syscreatedat reporteddate reportedon submitdate enteredat requestdate erstellt erstelltam \
                erstelldatum erstellungsdatum eroeffnet eroeffnetam eroeffnungsdatum angelegt angelegtam gemeldetam \
                meldedatum erfasstam erfassungsdatum eingang eingangsdatum",
    },
    Names {
        field: Field::Closed,
        level: 0,
        names: "closedat closed closedon closeddate closedtime closetime closedate dateclosed resolvedat resolved \
                resolvedon resolveddate resolvedtime resolutiondate resolutiontimestamp solvedat solved completeddate \
                completedon dateresolved dateclosedorresolved geschlossen geschlossenam geloest geloestam erledigt \
                erledigtam abgeschlossen abgeschlossenam abschlussdatum schliessdatum",
    },
    Names {
        field: Field::Requester,
        level: 0,
        names: "requesteremail contactemail contactemailaddress calleremail reporteremail useremail callerid caller \
                requester requestername requestors requestor contact contactname contactid reporter reportername \
                reportedby endusername enduser submitter openedfor requestedfor requestedby user username customercontact \
                melder meldender anforderer antragsteller anwender benutzer ansprechpartner kontakt openedby createdby creator",
    },
    Names {
        field: Field::Subject,
        level: 0,
        names: "shortdescription subject summary title ticketsubject tickettitle betreff titel kurzbeschreibung \
                zusammenfassung thema headline",
    },
    Names {
        field: Field::Body,
        level: 0,
        names: "description descriptiontext details initialdescription problemdescription issuedescription \
                detaileddescription detaildescription firstmessage body content message beschreibung langbeschreibung \
                detailbeschreibung ausfuehrlichebeschreibung fehlerbeschreibung meldungstext meldung nachricht anliegen \
                text problem",
    },
    Names {
        field: Field::Category,
        level: 1,
        names: "category categoryname category1 categorytier1 kategorie kategorie1 issuetype servicecategory requesttype \
                tickettype type itilcategory tickettyp servicetype",
    },
    Names {
        field: Field::Category,
        level: 2,
        names: "subcategory category2 categorytier2 subtype subissuetype unterkategorie kategorie2",
    },
    Names {
        field: Field::Category,
        level: 3,
        names: "itemcategory category3 categorytier3 item kategorie3",
    },
    Names {
        field: Field::Group,
        level: 0,
        names: "assignmentgroup assignmentgroupname assignedgroup group groupname supportgroup resolvergroup agentgroup \
                team teamname board boardname serviceboard queue queuename section workgroup gruppe zuweisungsgruppe \
                supportgruppe bearbeitergruppe bearbeitungsgruppe zustaendigegruppe warteschlange groupid queueid",
    },
    Names {
        field: Field::Assignee,
        level: 0,
        names: "assignedto assignee assigneename assigneeemail agent agentname technician technicianname owner ownername \
                primaryresource resource assignedresource assignedtechnician responder respondername bearbeiter \
                zugewiesenan zugewiesen techniker zustaendig sachbearbeiter assigneeid responderid resolvedby closedby",
    },
    Names {
        field: Field::Priority,
        level: 0,
        names: "priority priorityname prioritaet prio urgency dringlichkeit severity",
    },
    Names {
        field: Field::Status,
        level: 0,
        names: "state status statusname incidentstate ticketstatus ticketstate zustand",
    },
    Names {
        field: Field::Resolution,
        level: 0,
        names: "closenotes closurenotes resolutionnotes resolutionnote resolutiontext resolutiondescription resolution \
                solution closecomments closingnote clearance loesung loesungstext loesungsbeschreibung abschlussnotiz \
                abschlusskommentar",
    },
    Names {
        field: Field::Minutes,
        level: 0,
        names: "timeworked timespent timetracked totaltimespent totaltimespentminutes actualhours actualhrs \
                totalhoursworked hoursworked workedhours hoursactual timetaken worklogminutes minutesworked \
                actualwork minutes hours arbeitszeit zeitaufwand aufwand bearbeitungszeit minuten stunden",
    },
    Names {
        field: Field::Reassigned,
        level: 0,
        names: "reassignmentcount reassignments reassigncount reassigned timesreassigned neuzuweisungen \
                anzahlneuzuweisungen anzahlweiterleitungen weiterleitungen",
    },
    Names {
        field: Field::Reopened,
        level: 0,
        names: "reopencount reopens reopened reopenedcount timesreopened numberofreopens wiedereroeffnungen \
                anzahlwiedereroeffnungen wiedereroeffnet",
    },
    Names {
        field: Field::Comments,
        level: 0,
        names: "comments additionalcomments comment publiccomments commentsandworknotes conversation conversations \
                customercomments correspondence actions kommentare kommentar zusaetzlichekommentare verlauf",
    },
    Names {
        field: Field::Notes,
        level: 0,
        names: "worknotes internalnotes internalnote internalcomments privatenotes privatecomments internalanalysis notes \
                arbeitsnotizen internenotizen internenotiz internekommentare notizen",
    },
    Names {
        field: Field::Approval,
        level: 0,
        names: "approval approvalstatus approvalstate genehmigung genehmigungsstatus freigabe freigabestatus",
    },
    Names {
        field: Field::Approver,
        level: 0,
        names: "approver approvers approveremail approvername approvedby genehmiger genehmigtvon freigegebenvon",
    },
    Names {
        field: Field::EventAt,
        level: 0,
        names: "sysupdatedat sysupdatedon updatedat updated updatedon lastupdated lastupdate eventtime eventtimestamp \
                timestamp changedat changedon changetime completetimestamp modifiedon modified lastmodified lastmodifieddate \
                geaendertam aenderungsdatum aktualisiertam zeitstempel",
    },
    Names {
        field: Field::EventBy,
        level: 0,
        names: "sysupdatedby updatedby changedby modifiedby lastmodifiedby actor eventuser geaendertvon",
    },
];

/// A header without case, spaces and marks; umlauts spelled out.
pub(crate) fn plain(header: &str) -> String {
    if header.trim() == "#" {
        return "number".into();
    }
    let mut plain = String::new();
    for c in header.chars().flat_map(char::to_lowercase) {
        match c {
            'ä' => plain.push_str("ae"),
            'ö' => plain.push_str("oe"),
            'ü' => plain.push_str("ue"),
            'ß' => plain.push_str("ss"),
            c if c.is_alphanumeric() => plain.push(c),
            _ => {}
        }
    }
    plain
}

/// How well a header fits a list of names: 1 for the first word of the list, less for later ones and for parts of the header.
pub(crate) fn fit(header: &str, names: &str) -> f64 {
    let mut best: f64 = 0.0;
    for (form, weight) in forms(header) {
        let at = names.split_ascii_whitespace().position(|n| n == form);
        if let Some(at) = at {
            best = best.max(weight - 0.004 * at as f64);
        }
    }
    best
}

/// The header as it is, then without what exports wrap around a name.
fn forms(header: &str) -> Vec<(String, f64)> {
    let mut forms = vec![(plain(header), 1.0)];
    let mut inner = header.trim();
    if let Some(rest) = inner.strip_prefix("Custom field (").and_then(|r| r.strip_suffix(')')) {
        inner = rest;
        forms.push((plain(inner), 0.93));
    }
    if let Some(rest) = inner.strip_prefix("u_") {
        forms.push((plain(rest), 0.95));
    }
    // Nested names: the last part says what it is, unless it only says which side of a thing is meant.
    let parts: Vec<&str> = inner.split('.').collect();
    if parts.len() > 1 {
        let (last, before) = (plain(parts[parts.len() - 1]), parts[parts.len() - 2]);
        match last.as_str() {
            "email" | "emailaddress" | "mail" => forms.push((plain(before), 0.99)),
            "name" | "displayname" | "displayvalue" | "value" | "identifier" | "login" => {
                forms.push((plain(before), 0.97));
            }
            "id" | "sysid" | "key" | "link" | "self" | "href" => forms.push((plain(before), 0.72)),
            _ => forms.push((last, if parts[0] == "fields" { 0.98 } else { 0.8 })),
        }
    }
    let whole = plain(inner);
    for prefix in ["ticket", "incident", "issue", "case", "request", "anfrage", "vorgang"] {
        if let Some(rest) = whole.strip_prefix(prefix).filter(|r| r.len() > 3) {
            forms.push((rest.trim_start_matches('s').to_owned(), 0.9));
            forms.push((rest.to_owned(), 0.93));
        }
    }
    for suffix in ["emailaddress", "email", "name", "fullname"] {
        if let Some(rest) = whole.strip_suffix(suffix).filter(|r| r.len() > 3) {
            forms.push((rest.to_owned(), if suffix.contains("email") { 0.96 } else { 0.94 }));
        }
    }
    // "Time spent (minutes)", "Resolution time (hrs)".
    if let Some((name, _)) = inner.split_once('(').filter(|(n, _)| n.trim().len() > 3) {
        forms.push((plain(name), 0.95));
    }
    forms
}
