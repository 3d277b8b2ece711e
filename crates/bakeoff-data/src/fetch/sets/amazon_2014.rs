//! Amazon reviews up to 2014, 5-core by category, as JSON lines (He and `McAuley`, WWW 2016). Their publisher gives no
//! checksums; the one of Beauty is what several who published on it hold it to.

use crate::fetch::public_set::{Checksum, PublicSet, Remote, Value};

macro_rules! set {
    ($name:literal, $category:literal, $checksum:expr) => {
        PublicSet {
            name: $name,
            about: concat!(
                "Amazon reviews up to 2014, category ",
                $category,
                ", 5-core (He and McAuley, WWW 2016)."
            ),
            licence: "none stated; the publisher asks for citation, research use",
            remotes: &[Remote {
                file: concat!("reviews_", $category, "_5.json.gz"),
                urls: &[
                    concat!(
                        "https://snap.stanford.edu/data/amazon/productGraph/categoryFiles/reviews_",
                        $category,
                        "_5.json.gz"
                    ),
                    concat!(
                        "http://snap.stanford.edu/data/amazon/productGraph/categoryFiles/reviews_",
                        $category,
                        "_5.json.gz"
                    ),
                ],
                len: None,
                checksum: $checksum,
                members: &[],
            }],
            source: "json_lines",
            params: &[
                ("path", Value::File(concat!("reviews_", $category, "_5.json.gz"))),
                ("user", Value::Text("reviewerID")),
                ("item", Value::Text("asin")),
                ("rating", Value::Text("overall")),
                ("timestamp", Value::Text("unixReviewTime")),
            ],
        }
    };
}

pub(super) const SETS: &[PublicSet] = &[
    set!("amazon-2014-amazon-instant-video", "Amazon_Instant_Video", None),
    set!("amazon-2014-apps-for-android", "Apps_for_Android", None),
    set!("amazon-2014-automotive", "Automotive", None),
    set!("amazon-2014-baby", "Baby", None),
    set!(
        "amazon-2014-beauty",
        "Beauty",
        Some(Checksum::Sha256("e5925ec99023f1dc9c7d3dff7ef34cfeacd40d1b981b5525e1e4ba9c8abc18fe"))
    ),
    set!("amazon-2014-books", "Books", None),
    set!("amazon-2014-cds-and-vinyl", "CDs_and_Vinyl", None),
    set!("amazon-2014-cell-phones-and-accessories", "Cell_Phones_and_Accessories", None),
    set!("amazon-2014-clothing-shoes-and-jewelry", "Clothing_Shoes_and_Jewelry", None),
    set!("amazon-2014-digital-music", "Digital_Music", None),
    set!("amazon-2014-electronics", "Electronics", None),
    set!("amazon-2014-grocery-and-gourmet-food", "Grocery_and_Gourmet_Food", None),
    set!("amazon-2014-health-and-personal-care", "Health_and_Personal_Care", None),
    set!("amazon-2014-home-and-kitchen", "Home_and_Kitchen", None),
    set!("amazon-2014-kindle-store", "Kindle_Store", None),
    set!("amazon-2014-movies-and-tv", "Movies_and_TV", None),
    set!("amazon-2014-musical-instruments", "Musical_Instruments", None),
    set!("amazon-2014-office-products", "Office_Products", None),
    set!("amazon-2014-patio-lawn-and-garden", "Patio_Lawn_and_Garden", None),
    set!("amazon-2014-pet-supplies", "Pet_Supplies", None),
    set!("amazon-2014-sports-and-outdoors", "Sports_and_Outdoors", None),
    set!("amazon-2014-tools-and-home-improvement", "Tools_and_Home_Improvement", None),
    set!("amazon-2014-toys-and-games", "Toys_and_Games", None),
    set!("amazon-2014-video-games", "Video_Games", None),
];
