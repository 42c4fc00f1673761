//! Methods and paths of the settings, each of which answers for one thing.

use super::managed::ManagedRoute;

/// Methods and paths that are taken.
#[derive(Debug, Default)]
pub(super) struct Addresses(Vec<(String, String)>);

impl Addresses {
    pub fn take(&mut self, route: ManagedRoute) -> Result<ManagedRoute, &'static str> {
        let overlaps = |other: &str| other != route.path && match_alike(other, &route.path);
        if self.0.iter().any(|(_, path)| overlaps(path)) {
            return Err(
                "it can be taken for the path of another line; name what stands in braces \
                        there alike, or write another",
            );
        }
        let same =
            |(method, path): &(String, String)| *method == route.method && *path == route.path;
        if self.0.iter().any(same) {
            return Err("another line has this route; write another");
        }
        self.0.push((route.method.clone(), route.path.clone()));
        Ok(route)
    }
}

/// Whether one address could be meant by both patterns, and neither has words wherever they differ:
/// where one has, it comes first.
fn match_alike(one: &str, other: &str) -> bool {
    let is_name = |part: &str| part.starts_with('{');
    let (one, other) = (one.split('/'), other.split('/'));
    if one.clone().count() != other.clone().count() {
        return false;
    }
    let differ = one.zip(other).filter(|(one, other)| one != other);
    let named: Vec<_> = differ.map(|(one, other)| (is_name(one), is_name(other))).collect();
    let both = named.iter().all(|(one, other)| *one || *other);
    both && !named.iter().all(|(one, _)| !one) && !named.iter().all(|(_, other)| !other)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where two routes could be meant by one address, words come before names.
    #[test]
    fn two_routes_that_one_address_could_mean_are_refused_unless_one_has_words_for_names() {
        for (one, other, alike) in [
            ("/k/{id}", "/k/{agent}", true),
            ("/a/{id}/x", "/a/b/{id}", true),
            ("/k/{id}", "/k/ping", false),
            ("/k/{id}", "/l/{id}", false),
            ("/k/{id}", "/k", false),
        ] {
            assert_eq!((match_alike(one, other), match_alike(other, one)), (alike, alike), "{one}");
        }
    }
}
