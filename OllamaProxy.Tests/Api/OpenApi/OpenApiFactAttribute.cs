namespace OllamaProxy.Tests.Api.OpenApi;

/// <summary>A test that validates with libraries from npm, and is skipped where they are not there.</summary>
public sealed class OpenApiFactAttribute : FactAttribute
{
    public OpenApiFactAttribute() => Skip = OpenApiDocument.WhyNot;
}

/// <summary>A theory that does the same on both hosts.</summary>
public sealed class OpenApiTheoryAttribute : TheoryAttribute
{
    public OpenApiTheoryAttribute() => Skip = OpenApiDocument.WhyNot;
}
