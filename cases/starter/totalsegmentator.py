"""What the abdominal CTs of TotalSegmentator's test data have in common: package and licence."""

from cases.starter.packages import Package

PACKAGE = Package(
    registry="PyPI",
    name="totalsegmentator",
    version="2.18.0",
    file="totalsegmentator-2.18.0.tar.gz",
    sha256="5d4223ef93973bc36d710869d11e7742ead2c154c72f7f9edcaaadd5b6c4bd03",
)
DATA = "totalsegmentator-2.18.0/tests/reference_files"
LICENCE, LICENCE_URL = "Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0"
NOTICES = ((PACKAGE.name, "totalsegmentator-2.18.0/LICENSE"),)
CITATION = (
    "TotalSegmentator 2.18.0, test data. Wasserthal J, Breit HC, Meyer MT, et al. TotalSegmentator: robust "
    "segmentation of 104 anatomic structures in CT images. Radiol Artif Intell 2023;5:e230024."
)
ATTRIBUTION = (
    "Test data of TotalSegmentator 2.18.0 (University Hospital Basel), Apache-2.0. Changed as listed in SOURCE.md; "
    "the licence follows."
)
