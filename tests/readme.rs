//! The transcripts of README.md, run again; `...` stands for lines that are left out there.

#[test]
fn the_readme_shows_what_the_program_prints() {
    trycmd::TestCases::new().env("COLUMNS", "80").case("README.md").run();
}
