namespace OllamaProxy.Configuration;

/// <summary>Resolves the path of the database file.</summary>
internal static class DatabaseFile
{
    /// <summary>
    /// The full path. A relative path starts at the folder of the solution, searched for upwards from the program, so that both hosts share
    /// one file in a checkout; without a solution it starts at the working directory.
    /// </summary>
    public static string Resolve(string path) => Path.GetFullPath(path, Checkout() ?? Environment.CurrentDirectory);

    private static string? Checkout()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OllamaProxy.sln")))
            folder = folder.Parent;
        return folder?.FullName;
    }
}
