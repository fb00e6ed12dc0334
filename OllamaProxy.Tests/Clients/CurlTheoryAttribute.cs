namespace OllamaProxy.Tests.Clients;

/// <summary>A test that runs curl, and is skipped where it is not there.</summary>
public sealed class CurlTheoryAttribute : TheoryAttribute
{
    public CurlTheoryAttribute()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        Skip = folders.Any(folder => File.Exists(Path.Combine(folder, "curl"))) ? null : "curl is not here.";
    }
}
