//! Samples of the page of projects.

use super::samples::{CSRF, NOW, Pages, Sample, show};
use crate::protocol::timestamp::Seconds;
use crate::web::pages::Frame;
use crate::web::pages::projects::{ProjectError, ProjectLine, ProjectsPage};

const TOKEN: &str = "aat_0123456789ABCDEFGHIJKLMNOPQRSTUVW2kCbKz";

pub fn pages(sample: &Sample, frame: &Frame<'_>) -> Pages {
    let project = ProjectLine {
        id: "prj_01",
        name: &sample.label,
        profile: "agent-analytics",
        token: TOKEN,
        snippet: Some(format!("<script src=\"/t.js\" data-token=\"{TOKEN}\"></script>")),
        created_at: NOW - Seconds::DAY.times(12),
        revoked_at: None,
    };
    let revoked_at = Some(NOW - Seconds::HOUR);
    let over = ProjectLine { id: "prj_02", revoked_at, snippet: None, ..project.clone() };
    let page = |projects, profiles, error| ProjectsPage {
        frame,
        csrf: CSRF,
        projects,
        profiles,
        name: &sample.label,
        longest_name: 80,
        error,
        revoked: error.is_none(),
    };
    let (one, two) = (vec!["agent-analytics"], vec!["agent-analytics", "attractos"]);
    let too_long = Some(ProjectError::TooLong);
    let too_many = Some(ProjectError::TooMany);
    vec![
        show("projects", &page(vec![project.clone(), over], two, None)),
        show("projects-empty", &page(Vec::new(), one.clone(), Some(ProjectError::NameMissing))),
        show("projects-long-name", &page(vec![project.clone()], one.clone(), too_long)),
        show("projects-too-many", &page(vec![project], one, too_many)),
    ]
}
