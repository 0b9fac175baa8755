//! Which control asks for what, in our own words, and the sections that hold evidence for it.
//!
//! The texts of the frameworks are their owners'. What stands here says what a reader of session records needs to know of
//! a control, and no more; the framework itself decides. Whether a control is met is never said.

use serde::Serialize;

use crate::document::SectionKind::{self as S};
use crate::document::{TableKind, TableRow};

/// A framework of controls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Framework {
    /// PCI DSS 4.0.1.
    Pci,
    /// NIST SP 800-53, revision 5.
    Nist,
    /// The Trust Services Criteria of SOC 2.
    Soc2,
    /// ISO/IEC 27001:2022, Annex A.
    Iso27001,
    /// The Security Rule of HIPAA, 45 CFR 164.
    Hipaa,
}

impl Framework {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Pci, Self::Nist, Self::Soc2, Self::Iso27001, Self::Hipaa];

    /// A stable short name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Pci => "pci",
            Self::Nist => "nist",
            Self::Soc2 => "soc2",
            Self::Iso27001 => "iso27001",
            Self::Hipaa => "hipaa",
        }
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pci => "PCI DSS 4.0.1",
            Self::Nist => "NIST SP 800-53 Rev. 5",
            Self::Soc2 => "SOC 2 (Trust Services Criteria)",
            Self::Iso27001 => "ISO/IEC 27001:2022",
            Self::Hipaa => "HIPAA Security Rule",
        }
    }

    /// How many months of records it asks for, unless the report's user says otherwise. Where the framework leaves that to
    /// its user, a year.
    pub fn retention_months(self) -> u32 {
        match self {
            // Six years, by the rule on documentation, 164.316(b)(2)(i).
            Self::Hipaa => 72,
            Self::Pci | Self::Nist | Self::Soc2 | Self::Iso27001 => 12,
        }
    }

    /// Its controls.
    pub fn controls(self) -> &'static [Control] {
        match self {
            Self::Pci => PCI,
            Self::Nist => NIST,
            Self::Soc2 => SOC2,
            Self::Iso27001 => ISO27001,
            Self::Hipaa => HIPAA,
        }
    }
}

/// A control.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Control {
    /// Its number in the framework.
    pub control: &'static str,
    /// What it asks, in our words.
    pub asks: &'static str,
    /// Sections with evidence for it.
    pub sections: &'static [S],
    /// What of it no report on sessions can show.
    pub not_shown: &'static str,
}

impl TableRow for Control {
    const TABLE: TableKind = TableKind::Controls;
}

const fn control(
    control: &'static str,
    asks: &'static str,
    sections: &'static [S],
    not_shown: &'static str,
) -> Control {
    Control { control, asks, sections, not_shown }
}

const OTHER_WAYS: &str = "Ways in that are no Session Manager session: SSH, consoles, agents, automation.";
const PROCESS: &str = "That people act on it, beyond the reviews recorded here.";
const ELSEWHERE: &str = "How the store itself is guarded: bucket policies, object lock, keys, backups.";

const PCI: &[Control] = &[
    control(
        "10.2.1.1",
        "Each person's access to card data leaves a record.",
        &[S::Population, S::Critical],
        "Which nodes hold card data: that is the parameter critical_nodes. Access inside of applications.",
    ),
    control(
        "10.2.1.2",
        "Everything done with administrative rights leaves a record, also where a person uses an account of an \
         application or of the system.",
        &[S::Privileged, S::TextAnalysis, S::Shared],
        OTHER_WAYS,
    ),
    control(
        "10.2.1.3",
        "Looking at audit logs leaves a record.",
        &[S::Logs],
        "Reading of the bucket and the log group by other means: CloudTrail's data events show that.",
    ),
    control("10.2.1.4", "Attempts that were refused leave a record.", &[S::Denied], OTHER_WAYS),
    control(
        "10.2.1.5",
        "Changes of credentials and identities leave a record: new accounts, more rights, what an administrator's account \
         may do.",
        &[S::Accounts, S::RunAs],
        "Changes of IAM beyond the tags that decide on OS users.",
    ),
    control(
        "10.2.1.6",
        "Starting, stopping and pausing of logs leaves a record.",
        &[S::Logs, S::Coverage],
        "Logs of other services.",
    ),
    control(
        "10.2.1.7",
        "Making and deleting of objects of the system leaves a record.",
        &[S::System],
        "Changes that no terminal showed.",
    ),
    control(
        "10.2.2",
        "A record says who, what kind of event, when, whether it worked, from where, and what was affected.",
        &[S::Population, S::Samples],
        "Whether a command succeeded, where its output does not say.",
    ),
    control(
        "10.3",
        "Records are read by few, cannot be changed, are kept apart and watched for changes.",
        &[S::Integrity, S::Logs],
        ELSEWHERE,
    ),
    control(
        "10.4.1, 10.4.1.1",
        "Records are reviewed at least daily, by automatic means.",
        &[S::Reviews, S::Findings, S::TextAnalysis],
        PROCESS,
    ),
    control(
        "10.4.3",
        "What a review finds out of the ordinary is dealt with.",
        &[S::Findings, S::Reviews],
        PROCESS,
    ),
    control(
        "10.5.1",
        "Records are kept for twelve months, three of them at hand.",
        &[S::Retention],
        "What the bucket keeps and this archive does not.",
    ),
    control(
        "10.7",
        "Failures of logging are noticed and answered.",
        &[S::Coverage],
        "When a failure was noticed, and what was done.",
    ),
    control(
        "8.2.2, 8.6.1",
        "Accounts that several share, and accounts of systems, are used by way of exception, and each use can be put down \
         to a person.",
        &[S::Shared, S::RunAs],
        "The approval of an exception.",
    ),
];

const NIST: &[Control] = &[
    control(
        "AU-6(8)",
        "The full text of privileged commands is analysed, in a place apart from the system that ran them. Commands count \
         with their parameters, and patterns and rules of experience are used on both.",
        &[S::TextAnalysis, S::Privileged, S::Findings],
        "Commands that a script or an editor ran: no terminal showed them.",
    ),
    control(
        "AU-2, AU-12",
        "The events to be recorded are chosen, and the systems that should record them do.",
        &[S::Population, S::Coverage],
        OTHER_WAYS,
    ),
    control(
        "AU-3, AU-3(1)",
        "A record says what happened, when, where, by what, with which outcome and through whom; privileged commands with \
         their full text.",
        &[S::Population, S::Privileged, S::Samples],
        "Whether a command succeeded, where its output does not say.",
    ),
    control(
        "AU-6, AU-6(1), AU-6(3), AU-6(4), AU-6(5)",
        "Records are reviewed and analysed, by automatic means, across stores and together with other sources.",
        &[S::Findings, S::Reviews, S::RunAs, S::Coverage],
        PROCESS,
    ),
    control(
        "AU-7, AU-7(1)",
        "Records can be reduced, sorted and searched by what matters, and stay as they are.",
        &[S::Method, S::Samples, S::Integrity],
        "",
    ),
    control(
        "AU-8",
        "Times are in UTC, or say how they relate to it, and their exactness is stated.",
        &[S::Population, S::Method],
        "The clocks of nodes: times are CloudTrail's, CloudWatch's and the service's.",
    ),
    control(
        "AU-9, AU-9(2), AU-9(3), AU-9(4)",
        "Records are guarded against change, kept on another system, protected by cryptography, and open to few.",
        &[S::Integrity, S::Logs],
        ELSEWHERE,
    ),
    control(
        "AU-10",
        "That a person did something cannot be denied: the record ties the act to them.",
        &[S::Samples, S::Shared, S::RunAs],
        "Who held a person's credentials.",
    ),
    control(
        "AU-11",
        "Records are kept as long as was decided.",
        &[S::Retention],
        "What the bucket keeps and this archive does not.",
    ),
    control(
        "AU-14",
        "What a session holds can be recorded and looked at.",
        &[S::Coverage, S::Population],
        "Tunnels: the service never records what goes through.",
    ),
    control(
        "AC-2(4)",
        "Changes of accounts are recorded.",
        &[S::Accounts],
        "Accounts outside of the nodes looked at.",
    ),
    control(
        "AC-2(12)",
        "Use of accounts that is not as usual is noticed.",
        &[S::Hours, S::Findings],
        "What is usual, beyond business hours and rules.",
    ),
    control("AC-6(9)", "Use of privileged functions is recorded.", &[S::Privileged], OTHER_WAYS),
    control(
        "AC-17(1)",
        "Remote access is watched and controlled.",
        &[S::Population, S::Access, S::Denied],
        OTHER_WAYS,
    ),
];

const SOC2: &[Control] = &[
    control(
        "CC6.1",
        "Access to systems is limited to those who are known and allowed.",
        &[S::Access, S::RunAs, S::Shared],
        "Service control policies, and policies on resources and sessions, are not evaluated.",
    ),
    control(
        "CC6.2, CC6.3",
        "Access is given, changed and taken away as roles ask for it.",
        &[S::Access, S::Accounts],
        "Who approved it.",
    ),
    control(
        "CC6.8",
        "Software that is not allowed is kept out or noticed.",
        &[S::System, S::TextAnalysis],
        "Software that came by other ways.",
    ),
    control(
        "CC7.2",
        "Systems are watched for what is out of the ordinary.",
        &[S::TextAnalysis, S::Findings, S::Hours, S::Coverage],
        OTHER_WAYS,
    ),
    control("CC7.3", "What was noticed is evaluated.", &[S::Reviews, S::Findings, S::Samples], PROCESS),
    control("CC7.4", "Incidents are answered.", &[S::Reviews], PROCESS),
    control(
        "Completeness and accuracy",
        "What a sample is drawn from is all there is, and is as it was: an auditor's own question.",
        &[S::Population, S::Coverage, S::Integrity, S::Samples],
        "",
    ),
];

const ISO27001: &[Control] = &[
    control(
        "A.8.15",
        "Logs of activities, exceptions and faults are made, kept, guarded and analysed.",
        &[S::Population, S::Coverage, S::Privileged, S::TextAnalysis, S::Integrity],
        ELSEWHERE,
    ),
    control(
        "A.8.16",
        "Systems are watched for behaviour out of the ordinary, and it is evaluated.",
        &[S::Findings, S::TextAnalysis, S::Hours, S::Reviews],
        PROCESS,
    ),
    control(
        "A.8.17",
        "Clocks agree.",
        &[S::Population, S::Method],
        "The clocks of nodes: times are CloudTrail's, CloudWatch's and the service's.",
    ),
    control(
        "A.8.2",
        "Privileged rights are given to few, and their use is known.",
        &[S::Privileged, S::Access],
        "Who approved them.",
    ),
    control(
        "A.8.18",
        "Programs that can get round controls are used by few, and their use is recorded.",
        &[S::TextAnalysis, S::System],
        "",
    ),
    control(
        "A.5.15",
        "Access follows rules, and what is not allowed is refused.",
        &[S::Access, S::Denied, S::RunAs],
        "Service control policies, and policies on resources and sessions, are not evaluated.",
    ),
    control(
        "A.5.28",
        "Evidence is found, collected and kept so that it stands.",
        &[S::Integrity, S::Samples],
        ELSEWHERE,
    ),
];

const HIPAA: &[Control] = &[
    control(
        "164.312(b)",
        "What happens on systems with health information is recorded and examined.",
        &[S::Population, S::Critical, S::Privileged, S::TextAnalysis, S::Coverage],
        "Which nodes hold health information: that is the parameter critical_nodes. Access inside of applications.",
    ),
    control(
        "164.308(a)(1)(ii)(D)",
        "Records of activity are reviewed regularly.",
        &[S::Reviews, S::Findings, S::Logs],
        PROCESS,
    ),
    control(
        "164.308(a)(5)(ii)(C)",
        "Attempts to log in are watched, and what is odd about them is told.",
        &[S::Denied, S::Hours],
        OTHER_WAYS,
    ),
    control(
        "164.312(a)(2)(i)",
        "Each user has a name or number of their own, by which what they do can be followed.",
        &[S::Shared, S::RunAs, S::Samples],
        "Users of applications.",
    ),
    control(
        "164.316(b)(2)(i)",
        "Documentation is kept for six years.",
        &[S::Retention],
        "Whether session records count as such documentation: that is for the house to decide.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_control_says_what_it_asks_and_where_to_look() {
        for framework in Framework::ALL {
            let mut seen = std::collections::HashSet::new();
            for control in framework.controls() {
                assert!(seen.insert(control.control), "{} twice", control.control);
                assert!(!control.asks.is_empty() && !control.sections.is_empty(), "{}", control.control);
                for word in ["compliant", "compliance with", "satisfies", "fulfils"] {
                    assert!(
                        !control.asks.contains(word) && !control.not_shown.contains(word),
                        "{}",
                        control.control
                    );
                }
            }
        }
    }
}
