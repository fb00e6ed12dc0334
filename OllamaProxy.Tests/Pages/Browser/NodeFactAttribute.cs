namespace OllamaProxy.Tests.Pages.Browser;

/// <summary>A test that runs Node, and is skipped where it is not there.</summary>
public sealed class NodeFactAttribute : FactAttribute
{
    public NodeFactAttribute()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        string[] programs = ["node", "node.exe"];
        Skip = folders.Any(folder => programs.Any(program => File.Exists(Path.Combine(folder, program)))) ? null : "Node is not here.";
    }
}
