"""The plugin's words, in the language of QGIS."""

WORDS = {
    "setting": ("fuling-gis 命令的位置", "Where the command fuling-gis is"),
    "check": ("筛查地块", "Check sites"),
    "load": ("载入筛查结果", "Load the result of a check"),
    "check_help": (
        "对图层中的每个地块按各条规则筛查，得出结论、条文和依据。结果只是初筛，不是审批意见。",
        "Puts every rule to each site of a layer: verdict, clause and evidence. A first screening, never an approval.",
    ),
    "load_help": (
        "载入结果文件夹中的 result.gpkg：自上而下为命中的规则、地块结论（按结论着色，可能更严的打上阴影或圆圈）；给出工作区的，其下再载入所涉图层、河流和区界。",
        "Loads result.gpkg of a result folder: findings over sites in the colours of their verdicts, marked where worse is possible; with a workspace also the zones they speak of, the rivers and the district below.",
    ),
    "sites": ("地块图层", "Layer of sites"),
    "workspace": ("工作区文件夹", "Workspace folder"),
    "as_of": ("日期（YYYY-MM-DD，空为今天）", "Day (YYYY-MM-DD, empty for today)"),
    "accuracy": ("地块定位精度（米）", "Accuracy of the sites (m)"),
    "fill": ("补填空白，如 nature=新建；多项用分号", "Fill empty cells, as nature=new; several with semicolons"),
    "out": ("结果文件夹", "Folder of the result"),
    "open": ("完成后载入", "Load when done"),
    "layer_sites": ("地块结论", "Verdicts of the sites"),
    "layer_findings": ("命中的规则", "Findings"),
    "group": ("涪陵选址筛查", "Fuling siting check"),
    "zones_of": ("工作区文件夹（给出则一并载入相关图层）", "Workspace folder (named, its zones are loaded too)"),
    "field_id": ("编号", "Id"),
    "field_name": ("名称", "Name"),
    "field_kind": ("类型", "Kind"),
    "field_level": ("级别", "Level"),
    "field_zone": ("功能分区", "Zone"),
    "field_code": ("编码", "Code"),
    "field_category": ("类别", "Category"),
    "field_river": ("河流", "River"),
    "field_grade": ("河流等级", "Grade"),
    "field_tier": ("保护区等级", "Tier"),
    "field_use": ("用途", "Use"),
    "no_command": (
        "找不到 fuling-gis 命令；请安装后在 设置 > 选项 > 处理 > 提供者 > Fuling GIS 中指明它的位置",
        "The command fuling-gis was not found; install it, and say where it is in Settings > Options > Processing > Providers > Fuling GIS",
    ),
    "no_result": ("{folder} 中没有 result.gpkg", "There is no result.gpkg in {folder}"),
    "failed": ("fuling-gis 以状态 {status} 结束：{said}", "fuling-gis ended with status {status}: {said}"),
    "cancelled": ("已取消", "cancelled"),
    "no_crs": ("图层没有坐标系，请先设定", "The layer has no coordinate reference system; set it first"),
}


def language():
    """Give `zh` or `en` by the locale of QGIS."""
    from qgis.core import QgsSettings

    locale = str(QgsSettings().value("locale/userLocale", "zh_CN"))
    return "zh" if locale.lower().startswith("zh") else "en"


def word(entry, **values):
    """Give words in the language of QGIS."""
    text = WORDS[entry][0 if language() == "zh" else 1]
    return text.format(**values) if values else text
