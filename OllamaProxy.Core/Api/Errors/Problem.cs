namespace OllamaProxy.Api.Errors;

/// <summary>
/// An error answer: RFC 9457, with the sentence once more as <c>error</c>, where clients of Ollama and of the original look.
/// </summary>
/// <param name="Title">The name of the status.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What is wrong, with which value, and what to do.</param>
public sealed record Problem(string Title, int Status, string Detail)
{
    /// <summary>The media type.</summary>
    public const string ContentType = "application/problem+json";

    /// <summary>There is no page about each kind of problem.</summary>
    public string Type { get; } = "about:blank";

    /// <summary>The same as <see cref="Detail"/>.</summary>
    public string Error => Detail;
}
