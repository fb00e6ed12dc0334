namespace OllamaProxy.Api.Errors;

/// <summary>Ends a handler with a problem.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="detail">One plain sentence.</param>
public sealed class ProblemException(int status, string detail) : Exception(detail)
{
    /// <summary>The HTTP status.</summary>
    public int Status => status;
}
