namespace OllamaProxy.Tests.Functions;

/// <summary>A test that needs the Azure Functions Core Tools, and is skipped where they are not.</summary>
public sealed class FuncFactAttribute : FactAttribute
{
    public FuncFactAttribute()
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        if (!path.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "func"))))
            Skip = "func, of the Azure Functions Core Tools, is not on the PATH.";
    }
}
