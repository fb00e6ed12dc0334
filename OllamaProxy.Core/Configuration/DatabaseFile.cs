namespace OllamaProxy.Configuration;

/// <summary>Resolves the path of the database file.</summary>
public static class DatabaseFile
{
    /// <summary>The full path of the SQLite file, whatever the other settings are; null: the prompts are in PostgreSQL.</summary>
    /// <exception cref="InvalidSettingException"><c>OLLAMA_PROXY_STORE</c> is bad.</exception>
    public static string? Of(SettingReader settings)
    {
        var kind = settings.Parsed("OLLAMA_PROXY_STORE", StoreKind.Sqlite, PostgresSetting.TryParseStore, PostgresSetting.ExpectedStore);
        settings.ThrowIfAnyIsBad();
        return kind == StoreKind.Postgres ? null : Resolve(settings.Text("OLLAMA_PROXY_DB", OllamaProxyOptions.DefaultDatabase));
    }

    /// <summary>
    /// The full path. A relative path starts at the folder of the solution, searched for upwards from the program, so that both hosts share
    /// one file in a checkout; without a solution it starts at the working directory.
    /// </summary>
    internal static string Resolve(string path) => Path.GetFullPath(path, Checkout() ?? Environment.CurrentDirectory);

    private static string? Checkout()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OllamaProxy.sln")))
            folder = folder.Parent;
        return folder?.FullName;
    }
}
