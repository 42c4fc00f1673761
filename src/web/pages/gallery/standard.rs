//! What the pages of the standard doors promise.

use super::{attribute, calm, tags};

fn page(wanted: &str) -> String {
    let found = calm().into_iter().find(|(name, _)| name == wanted);
    found.unwrap_or_else(|| panic!("no page {wanted}")).1
}

fn values<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let inputs = tags(page, "input").into_iter();
    let named = inputs.filter(|tag| attribute(tag, "name") == Some(name));
    named.filter_map(|tag| attribute(tag, "value")).collect()
}

fn input<'a>(page: &'a str, name: &str) -> &'a str {
    let found = tags(page, "input").into_iter().find(|tag| attribute(tag, "name") == Some(name));
    found.unwrap_or_else(|| panic!("no input {name}"))
}

/// oauth.md row 15, security.md 099: the host of the redirect stands on the page, large and
/// in full, and no code is asked for.
#[test]
fn a_redirect_door_names_the_place_and_asks_for_no_code() {
    for (name, place) in [
        ("redirect-site", "agent.example.net"),
        ("redirect-loopback", "127.0.0.1:33418"),
        ("redirect-program", "cursor:"),
    ] {
        let page = page(name);
        let shown = format!("<p class=\"place\"><bdi dir=\"ltr\">{place}</bdi></p>");
        assert!(page.contains(&shown), "{name}");
        assert!(values(&page, "user_code").is_empty() && !page.contains("user_code"), "{name}");
        assert!(page.contains("Did you start this just now?"), "{name}");
        assert!(page.contains("name=\"started\" value=\"no\" formnovalidate"), "{name}");
    }
}

/// oauth.md section 2, impersonation over loopback: only there is everybody on this computer
/// a suspect.
#[test]
fn a_program_on_this_computer_is_warned_of() {
    let warning = "Any program on this computer could be the one asking";
    assert!(page("redirect-loopback").contains(warning));
    assert!(!page("redirect-site").contains(warning));
    assert!(page("redirect-program").contains("Any program on this device can claim such links"));
}

/// contracts/pages.md points 1 and 3: a name is the document's, the operator's or only told;
/// nothing that was told looks proven.
#[test]
fn a_name_says_who_vouches_for_it() {
    let vouch = |name| {
        let page = page(name);
        let (_, rest) = page.split_once("<p class=\"vouch\">").expect("a line under the name");
        rest.split("</p>").next().expect("its end").to_owned()
    };
    let site = vouch("redirect-site");
    assert!(site.contains("tag proven"), "{site}");
    assert!(site.contains("published by <bdi>agent.example.net</bdi>"), "{site}");
    assert!(vouch("redirect-operator").contains("registered by the operator"));
    let told = vouch("redirect-loopback");
    assert!(told.contains("told by the agent") && !told.contains("proven"), "{told}");
}

/// contracts/pages.md point 3: a well-known name on a foreign host takes a tick of its own,
/// which only approving asks for.
#[test]
fn a_borrowed_name_needs_its_own_tick() {
    let first = page("redirect-borrowed");
    let tick = input(&first, "confirm_brand");
    assert!(tick.contains(" required") && !tick.contains("checked"), "{tick}");
    let refused = page("redirect-unconfirmed");
    assert!(refused.contains("role=\"alert\"><a class=\"target\" href=\"#confirm_brand\">Confirm"));
    let tick = input(&refused, "confirm_brand");
    assert!(
        tick.contains("aria-describedby=\"confirm_brand-error\" aria-invalid=\"true\""),
        "{tick}"
    );
    assert!(refused.contains("id=\"confirm_brand-error\">Confirm"));
    assert!(input(&page("redirect-confirmed"), "confirm_brand").contains(" checked"));
    for button in tags(&first, "button") {
        let approves = attribute(button, "value") == Some("approve");
        let signs_out = attribute(button, "name").is_none();
        assert!(approves || signs_out || button.contains("formnovalidate"), "{button}");
    }
    for name in ["redirect-site", "redirect-program", "redirect-loopback"] {
        assert!(!page(name).contains("confirm_brand"), "{name}");
    }
}

/// Where the request came from would be the person's own browser: shown as the agent's, it
/// would vouch for a stranger.
#[test]
fn a_redirect_door_does_not_take_the_browser_for_the_agent() {
    let page = page("redirect-loopback");
    assert!(page.contains("This browser, sent here by the agent"));
    for word in ["the same network as the agent", "Agent’s address", "curl 8.14"] {
        assert!(!page.contains(word), "{word}");
    }
}

/// contracts/pages.md point 18: "the same place" is the person's own at a redirect door, so
/// reporting one agent does not offer to end all the others.
#[test]
fn a_report_at_a_redirect_door_reaches_this_agent_alone() {
    assert!(page("approval").contains("name=\"end_sessions\""));
    assert!(page("decision-denied-not-me").contains("name=\"end_sessions\""));
    for name in ["redirect-loopback", "staying-not-me"] {
        let page = page(name);
        assert!(page.contains("value=\"report\"") && !page.contains("end_sessions"), "{name}");
        assert!(page.contains("ends every session this agent has from you"), "{name}");
    }
}

/// Step-up: the boxes are the new part alone; what is held is said, not asked again.
#[test]
fn a_step_up_asks_for_the_difference_alone() {
    let page = page("step-up");
    assert_eq!(values(&page, "scope"), ["releases:delete"]);
    assert_eq!(values(&page, "extra_lifetime"), ["session", "15m", "1h"]);
    assert!(values(&page, "lifetime").is_empty());
    let (_, held) = page.split_once("<details class=\"held\">").expect("what is held");
    let held = held.split("</details>").next().expect("its end");
    assert!(held.contains("What it has already: 2 permissions"));
    assert!(held.contains("projects:read") && held.contains("releases:write"));
    assert!(held.contains("Pay at most 20.00 EUR to Example Shop"), "RFC 9396: {held}");
    assert!(page.contains("asks for more at"));
}

/// RFC 9396 §3: the details stand with the scopes, as text.
#[test]
fn authorization_details_stand_under_the_scopes() {
    let page = page("details");
    let (_, after_scopes) = page.split_once("</fieldset>").expect("the scopes");
    let (limits, _) = after_scopes.split_once("name=\"lifetime\"").expect("the lifetimes");
    assert!(limits.contains("<li><bdi>Pay at most 20.00 EUR to Example Shop</bdi></li>"));
}

/// Decision 16, oauth.md trap 18: the answer to the form is this page, which moves on at once
/// and by a link; the address is text in both.
#[test]
fn a_decision_at_a_redirect_door_moves_on() {
    for (name, begins, label) in [
        ("moving-on-site", "https://agent.example.net/callback", "Continue to"),
        ("moving-on-loopback", "http://127.0.0.1:33418/callback", "Continue to"),
        ("moving-on-program", "cursor://anysphere.cursor-mcp/", "Open the program for"),
        ("moving-on-denied", "https://agent.example.net/callback", "Go back to"),
        ("moving-on-denied-program", "cursor://anysphere.cursor-mcp/", "Go back to the program"),
    ] {
        let page = page(name);
        let head = page.split("</head>").next().expect("a head");
        let refresh = tags(head, "meta").into_iter().find(|tag| tag.contains("refresh"));
        let content = refresh.and_then(|tag| attribute(tag, "content")).expect("a refresh");
        let (_, url) = content.split_once("0; url=").expect("at once");
        assert!(url.starts_with(begins), "{name}: {url}");
        let href = format!("<a class=\"button\" href=\"{url}\" rel=\"noreferrer\">");
        assert!(page.contains(&href) && page.contains(label), "{name}");
        assert!(page.contains("href=\"/account/sessions\""), "{name}");
    }
    assert!(page("moving-on-site").contains("may now act for you"));
    assert!(!page("moving-on-denied").contains("may now act for you"));
}

/// contracts/pages.md points 9 and 18: whoever did not start it is offered to report and not
/// sent to a stranger; after a report there is no way to him at all.
#[test]
fn whoever_did_not_start_it_is_not_sent_on() {
    let denied = page("staying-not-me");
    assert!(!denied.contains("http-equiv"));
    assert!(denied.contains("value=\"report\"") && denied.contains("Go back to"));
    let reported = page("staying-reported");
    assert!(!reported.contains("http-equiv") && !reported.contains("agent.example.net"));
}

/// contracts/pages.md point 20: once the agent has its session, opening the page again shows
/// the decision and leads nowhere.
#[test]
fn a_collected_decision_stays_where_it_is() {
    for name in ["decision-collected", "decision-denied", "decision-reported"] {
        let page = page(name);
        assert!(!page.contains("http-equiv") && !page.contains("class=\"onward\""), "{name}");
    }
}

/// RFC 8628 §3.3, WCAG 3.3.8: the code may be pasted and filled in; an error stands at the
/// field and says what is left.
#[test]
fn a_device_code_is_typed_with_help() {
    let first = page("device");
    let field = input(&first, "user_code");
    for part in ["autocomplete=\"one-time-code\"", "maxlength=\"24\"", "id=\"user_code\""] {
        assert!(field.contains(part), "{part}");
    }
    assert!(!field.contains("aria-invalid") && !field.contains("autofocus"));
    let wrong = page("device-unknown");
    let field = input(&wrong, "user_code");
    assert!(field.contains("aria-describedby=\"user_code-hint user_code-error\""), "{field}");
    assert!(wrong.contains("3 tries are left"));
    assert!(page("device-last").contains("1 try is left"));
    assert!(page("device-missing").contains("id=\"user_code-error\">Type the code"));
}

/// RFC 8628 §3.3.1: a code that came with the link is compared, and "No" leads away from it.
#[test]
fn a_device_code_from_a_link_is_compared_first() {
    let page = page("device-brought");
    assert!(page.contains("Is this the code on your device?"));
    assert!(page.contains("Anybody can send a link"));
    assert_eq!(values(&page, "user_code"), ["BCDF-GHJK"]);
    let (no, yes) = (page.find("href=\"/device\""), page.find("<button type=\"submit\">Yes"));
    assert!(no.is_some() && no < yes);
}

/// RFC 6749 §4.1.2.1, RFC 9700 §4.1.3: an address that cannot be trusted is shown as text,
/// never as a way to go; of the registered ones only the hosts.
#[test]
fn a_refused_authorization_leads_nowhere() {
    let refused = page("authorize-not-registered");
    assert!(refused.contains("https://evil.example/steal?x=&#34;&#62;&#60;script&#62;"));
    for name in [
        "authorize-not-registered",
        "authorize-no-redirect",
        "authorize-another-browser",
        "authorize-expired",
        "authorize-malformed",
    ] {
        let page = page(name);
        let main = page.split("<main").nth(1).and_then(|rest| rest.split("</main>").next());
        let links = tags(main.expect("a main"), "a");
        assert!(links.iter().all(|link| attribute(link, "href") == Some("/account/sessions")));
        assert!(!page.contains("http-equiv"), "{name}");
        assert!(page.contains("Nothing was approved"), "{name}");
    }
}

/// RFC 8693 §4.1, RFC 9700 §4.14.2: whose part a session is, what ends sooner, and that a
/// copied key was shut out.
#[test]
fn a_session_tells_its_parent_its_extras_and_a_copied_key() {
    let list = page("sessions-standard");
    assert!(list.contains("<a href=\"/account/sessions/ses_01\"><bdi>"));
    assert!(list.contains("proven: published by <bdi>agent.example.net</bdi>"));
    assert!(list.contains("Delete releases") && list.contains("in 14 minutes"));
    assert!(list.contains("was used, so the session was ended"));
    assert!(list.contains("href=\"/account/sessions/ses_04\""));
    let one = page("session-reused");
    assert!(one.contains("class=\"problem\"><strong>A copy of this session’s key was used"));
    assert!(!page("session-ended").contains("A copy of this session’s key"));
}
