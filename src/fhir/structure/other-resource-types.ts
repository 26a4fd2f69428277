/**
 * The resource types of STU3 (hl7.org/fhir/STU3/resourcelist.html) that a push cannot carry by themselves. They may be
 * contained in one that it can carry, and the structure data does not describe them.
 */
export const otherResourceTypes: readonly string[] = `
  Account ActivityDefinition AdverseEvent AllergyIntolerance Appointment AppointmentResponse AuditEvent Basic BodySite
  CapabilityStatement CarePlan CareTeam ChargeItem Claim ClaimResponse ClinicalImpression CodeSystem Communication
  CommunicationRequest CompartmentDefinition Composition ConceptMap Condition Consent Contract Coverage DataElement
  DetectedIssue DeviceComponent DeviceRequest DeviceUseStatement DiagnosticReport EligibilityRequest
  EligibilityResponse Encounter Endpoint EnrollmentRequest EnrollmentResponse EpisodeOfCare ExpansionProfile
  ExplanationOfBenefit FamilyMemberHistory Flag Goal GraphDefinition Group GuidanceResponse HealthcareService
  ImagingManifest ImagingStudy Immunization ImmunizationRecommendation ImplementationGuide Library Linkage Location
  Measure MeasureReport Medication MedicationAdministration MedicationDispense MedicationRequest MedicationStatement
  MessageDefinition MessageHeader NamingSystem NutritionOrder OperationDefinition Parameters PaymentNotice
  PaymentReconciliation Person PlanDefinition Procedure ProcedureRequest ProcessRequest ProcessResponse Provenance
  Questionnaire ReferralRequest RequestGroup ResearchStudy ResearchSubject RiskAssessment Schedule SearchParameter
  Sequence ServiceDefinition Slot Specimen StructureDefinition StructureMap Subscription Substance SupplyDelivery
  SupplyRequest TestReport TestScript ValueSet VisionPrescription
`
  .trim()
  .split(/\s+/);
