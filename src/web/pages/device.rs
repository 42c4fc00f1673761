use askama::Template;

use super::Frame;
use crate::web::texts::DeviceTexts;

/// `/device`: where a person types the code that a device shows (RFC 8628 §3.3). The form
/// posts `user_code` to its own address; the approval page follows and asks the question.
#[derive(Template)]
#[template(path = "pages/device.html")]
pub struct DevicePage<'a> {
    pub frame: &'a Frame<'a>,
    pub csrf: &'a str,
    pub code: DeviceCode<'a>,
    pub error: Option<DeviceError>,
}

/// How the code comes to this page.
#[derive(Debug, Clone, Copy)]
pub enum DeviceCode<'a> {
    /// The person types it; what was typed before is kept.
    Typed(&'a str),
    /// The link brought it along (`verification_uri_complete`, RFC 8628 §3.3.1): the person
    /// compares it with the device's, because anybody can send a link. Grouped.
    Brought(&'a str),
}

/// What is wrong with the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceError {
    Missing,
    /// No device waits with it: mistyped, expired and answered read the same, so that a
    /// guess learns nothing.
    Unknown {
        tries_left: u32,
    },
}

impl<'a> DevicePage<'a> {
    const fn words(&self) -> &DeviceTexts {
        &self.frame.texts.doors.device
    }

    const fn brought(&self) -> Option<&'a str> {
        match self.code {
            DeviceCode::Brought(code) => Some(code),
            DeviceCode::Typed(_) => None,
        }
    }

    const fn typed(&self) -> &'a str {
        match self.code {
            DeviceCode::Typed(code) => code,
            DeviceCode::Brought(_) => "",
        }
    }

    const fn title(&self) -> &'static str {
        match self.code {
            DeviceCode::Typed(_) => self.words().title,
            DeviceCode::Brought(_) => self.words().compare_title,
        }
    }

    fn error_words(&self) -> Option<String> {
        self.error.map(|error| match error {
            DeviceError::Missing => self.words().missing.to_owned(),
            DeviceError::Unknown { tries_left } => (self.words().unknown)(tries_left),
        })
    }
}
