//! The order in which a country writes the parts of an address.

use super::{AddressField, PostalAddress};

/// The lines of an address below the names of person and company.
#[derive(Clone, Debug)]
pub(super) struct Envelope {
    lines: Vec<Vec<Piece>>,
}

#[derive(Clone, Debug)]
enum Piece {
    Part(AddressField),
    Text(String),
}

impl Envelope {
    /// Reads the metadata's notation: `%A%n%Z %C`.
    pub(super) fn parse(format: &str) -> Envelope {
        let lines = format.split("%n").map(|line| {
            let mut pieces = Vec::new();
            for (n, chunk) in line.split('%').enumerate() {
                let mut text = chunk.chars();
                let part = if n == 0 { None } else { text.next() };
                pieces.extend(part.map(|it| AddressField::of_letter(it).map(Piece::Part)));
                let text = Some(text.collect::<String>()).filter(|it| !it.is_empty());
                pieces.push(text.map(Piece::Text));
            }
            pieces.into_iter().flatten().collect()
        });
        Envelope { lines: lines.collect() }
    }

    /// The parts in their order.
    pub(super) fn parts(&self) -> impl Iterator<Item = AddressField> {
        self.lines.iter().flatten().filter_map(|it| match it {
            Piece::Part(field) => Some(*field),
            Piece::Text(_) => None,
        })
    }

    pub(super) fn has(&self, field: AddressField) -> bool {
        self.parts().any(|it| it == field)
    }

    pub(super) fn lines(&self, of: &PostalAddress) -> Vec<String> {
        self.lines.iter().flat_map(|line| written(line, of)).collect()
    }
}

/// A line without its empty parts, and without what stood between them and the others; a part of
/// several lines makes several.
fn written(line: &[Piece], of: &PostalAddress) -> Vec<String> {
    let (mut done, mut now) = (Vec::new(), String::new());
    let (mut between, mut n_parts, mut n_given) = ("", 0, 0);
    for piece in line {
        match piece {
            Piece::Text(text) => between = text,
            Piece::Part(field) => {
                let texts = texts(of, *field);
                if !texts.is_empty() && (n_parts == 0 || n_given > 0) {
                    now.push_str(between);
                }
                for (n, text) in texts.iter().enumerate() {
                    if n > 0 {
                        done.push(std::mem::take(&mut now));
                    }
                    now.push_str(text);
                }
                n_parts += 1;
                n_given += usize::from(!texts.is_empty());
                between = "";
            }
        }
    }
    if n_parts == 0 || n_given > 0 {
        now.push_str(between);
    }
    done.push(now);
    done.retain(|it| !it.trim().is_empty());
    done
}

fn texts(of: &PostalAddress, field: AddressField) -> Vec<&str> {
    let texts = match field {
        AddressField::RegionCode => Vec::new(),
        AddressField::PostalCode => vec![of.postal_code.as_str()],
        AddressField::AdministrativeArea => vec![of.administrative_area.as_str()],
        AddressField::Locality => vec![of.locality.as_str()],
        AddressField::DependentLocality => vec![of.dependent_locality.as_str()],
        AddressField::SortingCode => vec![of.sorting_code.as_str()],
        AddressField::AddressLines => of.address_lines.iter().map(String::as_str).collect(),
    };
    texts.into_iter().filter(|it| !it.is_empty()).collect()
}
