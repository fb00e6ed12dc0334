using OllamaProxy.Tests.Server;

namespace OllamaProxy.Tests.Support;

/// <summary>A theory that looks inside the server, and is skipped where the tests run against a published one.</summary>
public sealed class InProcessTheoryAttribute : TheoryAttribute
{
    public InProcessTheoryAttribute()
    {
        if (ServerBinary.Path is not null)
            Skip = "looks inside the server, which is a published one";
    }
}
